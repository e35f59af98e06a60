internal import Foundation
internal import Remora
internal import Synchronization

/// Why the ground itself could not be laid.
struct ConformanceFixtureError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A primary and a secondary of one kind in a temporary directory.
struct ConformanceFixture: Sendable {
  let kind: KindUnderTest
  let clock: ManualClock
  let hooks: StrategyHooks
  let primary: Primary
  let secondary: Secondary
  let sample: any SampleContent
  private let directory: String

  static func with(_ kind: KindUnderTest, _ body: @Sendable (ConformanceFixture) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("remora-kit-\(UUID().uuidString)")
      .path
    for name in ["source", "copies"] {
      try FileManager.default.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
    defer {
      // A leftover is a temporary directory.
      try? FileManager.default.removeItem(atPath: directory)
    }
    let clock = ManualClock()
    let hooks = StrategyHooks()
    var primaryPlan = SitePlan(name: "kit-primary", state: directory + "/primary", environment: clock.environment)
    try kind.declare(&primaryPlan, directory + "/source")
    var secondaryPlan = SitePlan(name: "kit-secondary", state: directory + "/secondary", environment: clock.environment)
    secondaryPlan.outermostStrategy = { HookedStrategy($0, hooks) }
    try kind.declare(&secondaryPlan, directory + "/copies")
    try await primaryPlan.withPrimary(secondaries: ["kit-secondary"]) { [secondaryPlan] primary in
      try await secondaryPlan.withSecondary(of: primary) { secondary in
        let fixture = ConformanceFixture(
          kind: kind, clock: clock, hooks: hooks, primary: primary, secondary: secondary,
          sample: kind.dataType == .repository ? RepositorySample() : FileSample(), directory: directory)
        // The first round begins with the catalog; from then on there are events.
        try await secondary.consumeEvents()
        try await body(fixture)
      }
    }
  }

  func source(_ id: ReplicableID) -> String { sample.path(of: id, below: directory + "/source") }
  func copy(_ id: ReplicableID) -> String { sample.path(of: id, below: directory + "/copies") }

  func entry(_ id: ReplicableID) async throws -> RegistryEntry? {
    try await secondary.registry(of: kind.name).entry(of: id)
  }

  /// Makes a replicable on the primary, publishes the event, and lets the secondary take it.
  func created(_ text: String) async throws -> ReplicableID {
    let id = try ReplicableID(text)
    try sample.create(at: source(id))
    try await kind.announce(.created, id, primary)
    try await secondary.consumeEvents()
    return id
  }

  /// The same, and syncs and verifies it.
  func replicated(_ text: String) async throws -> ReplicableID {
    let id = try await created(text)
    try await primary.checksumDue()
    try await secondary.consumeEvents()
    try await secondary.work()
    return id
  }

  /// Changes a replicable of a kind that may change on the primary, and publishes the event.
  func update(_ id: ReplicableID) async throws {
    try sample.change(at: source(id))
    try await kind.announce(.updated, id, primary)
  }

  func look(_ path: String) throws -> String? { try sample.look(at: path) }

  func move(_ path: String, to other: String) throws { try FileManager.default.moveItem(atPath: path, toPath: other) }
  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
}

/// The kind that a suite is run on: how it is declared, and how its hooks are called.
struct KindUnderTest: Sendable {
  let name: ReplicableName
  let dataType: DataType
  let isMutable: Bool
  let declare: @Sendable (inout SitePlan, _ root: String) throws -> Void
  /// What the model does after a change: the replicator's own hook, or for a configured kind the publication itself.
  let announce: @Sendable (EventName, ReplicableID, Primary) async throws -> Void

  init<R: Replicator>(_ type: R.Type) {
    name = R.replicableName
    dataType = R.dataType
    isMutable = R.isMutable
    declare = { plan, root in plan.replicate(type, root: root) }
    announce = { event, id, primary in
      let replicator = R(modelRecordID: id)
      switch event {
      case .created: try await replicator.handleAfterCreate(on: primary)
      case .updated: try await replicator.handleAfterUpdate(on: primary)
      case .deleted: try await replicator.handleAfterDestroy(on: primary)
      default: try await replicator.publish(event, on: primary)
      }
    }
  }

  init(_ configuration: KindConfiguration) {
    name = configuration.name
    dataType = configuration.dataType
    isMutable = configuration.kind.isMutable
    declare = { plan, root in
      var configuration = configuration
      configuration.root = root
      configuration.address = nil
      plan.replicate(configuration)
    }
    announce = { [name] event, id, primary in try await primary.publish(event, of: id, name) }
  }
}

/// A clock that stands until it is moved, and random bits from a seed: what a suite sees is the same every time.
final class ManualClock: Sendable {
  private let moment = Mutex(Timestamp(milliseconds: 1_790_000_000_000))
  private let seed = Mutex<UInt64>(7)

  var now: Timestamp { moment.withLock { $0 } }

  func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }

  /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
  private func random() -> UInt64 {
    seed.withLock { seed in
      seed &+= 0x9e37_79b9_7f4a_7c15
      var bits = seed
      bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
      bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
      return bits ^ (bits >> 31)
    }
  }

  var environment: SiteEnvironment { SiteEnvironment(now: { self.now }, random: { self.random() }) }
}
