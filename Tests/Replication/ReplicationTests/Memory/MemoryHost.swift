import Replication
import Synchronization

/// A primary and a secondary in memory that can be started again, each with another rule or without its state.
final class MemoryHost: Sendable {
  static let name: ReplicableName = "thing"

  let clock = MemoryPair.Clock()
  let source = MemoryDisk()
  let copies = MemoryDisk()
  let log = MemoryLog()
  let registry = MemoryRegistry()
  let features = MemoryFeatures()
  /// The primary's.
  let primaryFeatures = MemoryFeatures()
  let differences = MemoryDifferences()
  private let dataType: DataType
  private let isMutable: Bool
  private let sites: Mutex<(states: MemoryStates, primary: Primary, secondary: Secondary)>

  init(dataType: DataType = .repository, isMutable: Bool = true) throws {
    (self.dataType, self.isMutable) = (dataType, isMutable)
    let kind = Kind(configured: Self.name, dataType: dataType, isMutable: isMutable)
    let states = MemoryStates()
    let primary = try Self.primary(kind, states, source, log, primaryFeatures, clock)
    let secondary = try Self.secondary(
      kind, of: primary, source, copies, registry, differences, features, clock, .everything)
    sites = Mutex((states, primary, secondary))
  }

  private var kind: Kind { Kind(configured: Self.name, dataType: dataType, isMutable: isMutable) }
  var states: MemoryStates { sites.withLock { $0.states } }
  var primary: Primary { sites.withLock { $0.primary } }
  var secondary: Secondary { sites.withLock { $0.secondary } }

  private static func primary(
    _ kind: Kind, _ states: MemoryStates, _ disk: MemoryDisk, _ log: MemoryLog, _ features: MemoryFeatures,
    _ clock: MemoryPair.Clock, _ selection: SelectiveSync = .everything
  ) throws -> Primary {
    try Primary(
      name: "source", secondaries: ["copy"],
      members: [
        Primary.Member(
          kind, strategy: MemoryStrategy(disk: disk, dataType: kind.dataType), states: states, selection: selection
        ) {
          SourceAddress(location: "memory:\($0)")
        }
      ], log: log, features: features, environment: clock.environment)
  }

  private static func secondary(
    _ kind: Kind, of primary: Primary, _ source: MemoryDisk, _ copies: MemoryDisk, _ registry: MemoryRegistry,
    _ differences: MemoryDifferences, _ features: MemoryFeatures, _ clock: MemoryPair.Clock, _ selection: SelectiveSync
  ) throws -> Secondary {
    try Secondary(
      name: "copy", of: primary,
      members: [
        Secondary.Member(
          kind, strategy: MemoryStrategy(disk: copies, source: source, dataType: kind.dataType), registry: registry,
          differences: differences, selection: selection)
      ], features: features, environment: clock.environment)
  }

  /// Starts the secondary again.
  func restartSecondary(_ selection: SelectiveSync = .everything) async throws {
    copies.change { $0.stepsBeforeCrash = nil }
    await registry.die(after: nil)
    let secondary = try Self.secondary(
      kind, of: primary, source, copies, registry, differences, features, clock, selection)
    try await secondary.recover()
    sites.withLock { $0.secondary = secondary }
  }

  /// Starts the primary again, and a secondary of it.
  /// - Parameters:
  ///   - losesState: it has no incarnation any more.
  ///   - selection: what it offers.
  func restartPrimary(losesState: Bool = false, _ selection: SelectiveSync = .everything) async throws {
    let states = losesState ? MemoryStates() : states
    let primary = try Self.primary(kind, states, source, log, primaryFeatures, clock, selection)
    try await primary.recover()
    sites.withLock { ($0.states, $0.primary) = (states, primary) }
    try await restartSecondary()
  }

  // MARK: What tests do

  func setPrimaryEnabled(_ isEnabled: Bool) async {
    await primaryFeatures.set(kind.featureName, to: isEnabled)
  }

  func create(_ text: String, _ lines: [String: String]) async throws -> ReplicableID {
    let id = try ReplicableID(text)
    source.create(id, lines)
    try await primary.publish(.created, of: id, Self.name)
    return id
  }

  /// Scans, reads checksums, takes events, compares with the catalog and works, until nothing is left to do.
  func settle(rounds: Int = 3) async throws {
    for _ in 0..<rounds {
      _ = try await primary.scan(Self.name)
      try await primary.checksumDue()
      try await secondary.consumeEvents()
      try await secondary.reconcile(Self.name)
      try await secondary.work()
    }
  }

  /// Makes as many repositories as asked for, each with content of its own, copied and verified.
  static func settled(_ count: Int, dataType: DataType = .repository, isMutable: Bool = true) async throws -> MemoryHost
  {
    let host = try MemoryHost(dataType: dataType, isMutable: isMutable)
    for number in 0..<count { _ = try await host.create("r\(number)", ["root": "\(number)", "tip": "\(number).1"]) }
    try await host.settle()
    return host
  }

  func entry(_ text: String) async throws -> RegistryEntry? { await registry.entry(of: try ReplicableID(text)) }
  func inode(_ text: String) throws -> UInt64? { copies.items[try ReplicableID(text)]?.inode }
  var trashCount: Int { copies.change { $0.trash.count } }
  var isEqual: Bool { copies.items.mapValues(\.lines) == source.items.mapValues(\.lines) }
}
