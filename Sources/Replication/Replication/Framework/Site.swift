/// One deployment: a primary or a secondary.
public protocol Site: Sendable {
  /// The site's name.
  var name: String { get }

  /// The kinds that are replicated here, in order of registration.
  var kinds: [Kind] { get }
}

/// The clock and the random source of a site.
public struct SiteEnvironment: Sendable {
  /// The time.
  public var now: @Sendable () -> Timestamp
  /// 64 random bits.
  public var random: @Sendable () -> UInt64

  /// An environment; tests give a manual clock and a seeded source.
  public init(now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> UInt64) {
    self.now = now
    self.random = random
  }
}

/// The environment's random bits as a generator for Swift's functions.
struct EnvironmentGenerator: RandomNumberGenerator {
  let environment: SiteEnvironment

  mutating func next() -> UInt64 { environment.random() }
}
