import Replication
import Synchronization

/// A primary and a secondary of one kind in memory, with a manual clock.
struct MemoryPair: Sendable {
  final class Clock: Sendable {
    private let moment = Mutex(Timestamp(milliseconds: 1_790_000_000_000))
    private let numbers = NumberSource()

    var now: Timestamp { moment.withLock { $0 } }
    func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }
    var environment: SiteEnvironment {
      SiteEnvironment(now: { self.now }, random: { self.numbers.next() &* 0x9e37_79b9_7f4a_7c15 })
    }
  }

  static let name: ReplicableName = "thing"

  let clock = Clock()
  let source = MemoryDisk()
  let copies = MemoryDisk()
  let log = MemoryLog()
  let states = MemoryStates()
  let registry = MemoryRegistry()
  let features = MemoryFeatures()
  let primary: Primary
  let secondary: Secondary

  init(
    dataType: DataType = .repository, isMutable: Bool = true, selection: SelectiveSync = .everything,
    secondaries: [String] = ["copy"],
    isDiskBad: Bool = false,
    during: @escaping @Sendable (ReplicableID) async throws(StrategyError) -> Void = { _ in }
  ) throws {
    let kind = Kind(configured: Self.name, dataType: dataType, isMutable: isMutable)
    primary = try Primary(
      name: "source", secondaries: secondaries,
      members: [
        Primary.Member(
          kind, strategy: MemoryStrategy(disk: source, dataType: dataType), states: states,
          source: { SourceAddress(location: "memory:\($0)") })
      ], log: log, features: features, environment: clock.environment)
    secondary = try Secondary(
      name: "copy", of: primary,
      members: [
        Secondary.Member(
          kind,
          strategy: MemoryStrategy(
            disk: copies, source: source, dataType: dataType, isDiskBad: isDiskBad, during: during),
          registry: registry, differences: MemoryDifferences(), selection: selection)
      ], features: MemoryFeatures(), environment: clock.environment)
  }

  func publish(_ event: EventName, _ id: ReplicableID) async throws {
    try await primary.publish(event, of: id, Self.name)
  }

  /// Makes it on the primary and publishes the event.
  func create(_ text: String, _ lines: [String: String] = ["refs/heads/main": "1"]) async throws -> ReplicableID {
    let id = try ReplicableID(text)
    source.create(id, lines)
    try await publish(.created, id)
    return id
  }

  /// Takes events and works until nothing is due.
  @discardableResult func settle() async throws -> WorkReport {
    try await secondary.consumeEvents()
    return try await secondary.work()
  }

  func entry(_ id: ReplicableID) async -> RegistryEntry? { await registry.entry(of: id) }
}
