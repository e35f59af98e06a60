internal import Replication

/// A strategy that counts transferred bytes, and failures by code.
struct MeteredStrategy: Strategy {
  let name: ReplicableName
  let strategy: any Strategy
  let trend: TrendCounter

  var dataType: DataType { strategy.dataType }
  var needsUpkeep: Bool { strategy.needsUpkeep }

  func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    do { return try await strategy.listing(of: id) } catch { throw counted(error, "listing") }
  }

  func presence(of id: ReplicableID) async throws(StrategyError) -> Presence { try await strategy.presence(of: id) }

  func marks(of listing: ContentListing) -> [String] { strategy.marks(of: listing) }

  func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool {
    try await strategy.holds(marks, id)
  }

  func catalog() async throws(StrategyError) -> DirectoryCatalog {
    do { return try await strategy.catalog() } catch { throw counted(error, "catalog") }
  }

  func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool { try await strategy.borrows(id) }

  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport {
    do {
      let report = try await strategy.sync(request)
      AgentMetrics.transferred(name, report.bytes)
      trend.transferred(report.bytes)
      return report
    } catch {
      throw counted(error, "sync")
    }
  }

  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    do { try await strategy.rename(id, to: newID) } catch { throw counted(error, "rename") }
  }

  func move(_ moves: [CopyMove]) async throws(StrategyError) {
    do { try await strategy.move(moves) } catch { throw counted(error, "rename") }
  }

  func unfinishedMoves() async throws(StrategyError) -> [CopyMove] { try await strategy.unfinishedMoves() }

  func finishMoves() async throws(StrategyError) { try await strategy.finishMoves() }

  func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? {
    do { return try await strategy.discard(id, entry: entry, at: now) } catch { throw counted(error, "discard") }
  }

  func trash() async throws(StrategyError) -> [TrashTicket] { try await strategy.trash() }

  func restore(_ ticket: TrashTicket) async throws(StrategyError) {
    do { try await strategy.restore(ticket) } catch { throw counted(error, "restore") }
  }

  func emptyTrash(before moment: Timestamp, displacedBefore displacedMoment: Timestamp) async throws(StrategyError)
    -> Int
  {
    try await strategy.emptyTrash(before: moment, displacedBefore: displacedMoment)
  }

  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    do {
      return try await strategy.housekeep(id, isThorough: isThorough)
    } catch {
      throw counted(error, "housekeeping")
    }
  }

  func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook { try await strategy.inspect(id) }

  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport {
    do { return try await strategy.check(id) } catch { throw counted(error, "check") }
  }

  /// A cancelled job has not failed.
  private func counted(_ error: StrategyError, _ operation: String) -> StrategyError {
    if error.code != .cancelled { AgentMetrics.failed(name, operation, error.code.rawValue) }
    return error
  }
}
