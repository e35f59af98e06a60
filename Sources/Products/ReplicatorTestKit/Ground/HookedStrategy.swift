internal import Remora
internal import Synchronization

/// A kind's strategy with a place to step in: something happens during a sync, or a sync does nothing.
final class HookedStrategy: Strategy {
  private let inner: any Strategy
  private let hooks: StrategyHooks

  init(_ inner: any Strategy, _ hooks: StrategyHooks) {
    self.inner = inner
    self.hooks = hooks
  }

  var dataType: DataType { inner.dataType }

  func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing { try await inner.listing(of: id) }

  func presence(of id: ReplicableID) async throws(StrategyError) -> Presence { try await inner.presence(of: id) }

  func catalog() async throws(StrategyError) -> DirectoryCatalog { try await inner.catalog() }

  func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool { try await inner.borrows(id) }

  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport {
    if hooks.isIdle { return SyncReport(checksum: nil, hasChanged: false) }
    let report = try await inner.sync(request)
    if let step = hooks.takeStep() {
      do { try await step() } catch { throw StrategyError(.broken, "the suite's own step failed: \(error)") }
    }
    return report
  }

  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    try await inner.rename(id, to: newID)
  }

  func move(_ moves: [CopyMove]) async throws(StrategyError) { try await inner.move(moves) }

  func unfinishedMoves() async throws(StrategyError) -> [CopyMove] { try await inner.unfinishedMoves() }

  func finishMoves() async throws(StrategyError) { try await inner.finishMoves() }

  func marks(of listing: ContentListing) -> [String] { inner.marks(of: listing) }

  func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool {
    try await inner.holds(marks, id)
  }

  func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? {
    try await inner.discard(id, entry: entry, at: now)
  }

  func trash() async throws(StrategyError) -> [TrashTicket] { try await inner.trash() }

  func restore(_ ticket: TrashTicket) async throws(StrategyError) { try await inner.restore(ticket) }

  func emptyTrash(
    before moment: Timestamp, displacedBefore displacedMoment: Timestamp
  ) async throws(StrategyError) -> Int {
    try await inner.emptyTrash(before: moment, displacedBefore: displacedMoment)
  }

  var needsUpkeep: Bool { inner.needsUpkeep }

  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    try await inner.housekeep(id, isThorough: isThorough)
  }

  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport { try await inner.check(id) }
}

/// What a suite does to the syncs of a secondary.
final class StrategyHooks: Sendable {
  private struct State {
    var isIdle = false
    var step: (@Sendable () async throws -> Void)?
  }

  private let state = Mutex(State())

  /// Syncs report success and do nothing.
  var isIdle: Bool {
    get { state.withLock { $0.isIdle } }
    set { state.withLock { $0.isIdle = newValue } }
  }

  /// Does something once, after the next sync has copied and before its success is recorded.
  func duringNextSync(_ step: @escaping @Sendable () async throws -> Void) { state.withLock { $0.step = step } }

  func takeStep() -> (@Sendable () async throws -> Void)? {
    state.withLock { state in
      defer { state.step = nil }
      return state.step
    }
  }
}
