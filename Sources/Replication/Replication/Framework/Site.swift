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

/// The kinds of a site with their members, by name.
struct KindTable<Member: Sendable>: Sendable {
  private let members: [ReplicableName: Member]
  let names: [ReplicableName]

  /// - Throws: `ReplicationError.duplicateName`.
  init(_ members: [Member], name: (Member) -> ReplicableName) throws(ReplicationError) {
    var table: [ReplicableName: Member] = [:]
    for member in members {
      guard table.updateValue(member, forKey: name(member)) == nil else { throw .duplicateName(name(member)) }
    }
    self.members = table
    names = members.map(name)
  }

  /// - Throws: `ReplicationError.unknownReplicable`.
  func member(_ name: ReplicableName) throws(ReplicationError) -> Member {
    guard let member = members[name] else { throw .unknownReplicable(name.text) }
    return member
  }

  var all: [Member] { names.compactMap { members[$0] } }
}

/// Runs operations that must not overlap one after another, in the order of the calls.
///
/// An actor alone does not suffice: it is reentrant while a call is suspended.
actor Turns {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Waits for its turn, runs `body`, and lets the next one run. Not reentrant: `body` must not ask for a turn of the
  /// same value.
  func run<Answer: Sendable>(_ body: @Sendable () async throws -> Answer) async throws -> Answer {
    if isTaken {
      await withCheckedContinuation { waiting.append($0) }
    } else {
      isTaken = true
    }
    defer { end() }
    return try await body()
  }

  private func end() {
    if waiting.isEmpty {
      isTaken = false
    } else {
      waiting.removeFirst().resume()
    }
  }
}
