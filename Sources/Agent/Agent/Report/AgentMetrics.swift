internal import CoreMetrics
internal import Replication

/// All counters and timers (`remora_*`); values that are computed per request are in `StatusRow`.
package enum AgentMetrics {
  /// The help text of each metric.
  package static let help = [
    "remora_replication_lag_seconds": "From an event's publication to the verification that saw it.",
    "remora_sync_seconds": "Syncs by result.",
    "remora_verification_seconds": "Verifications by result.",
    "remora_housekeeping_seconds": "Housekeepings by result.",
    "remora_object_check_seconds": "Object checks by result.",
    "remora_transferred_bytes_total": "Bytes that syncs have brought over the wire.",
    "remora_failures_total": "What could not be done with a replicable, by operation and code.",
    "remora_polls_total": "Looks at repositories whose hosts have no agent, by result.",
    "remora_webhooks_total": "Deliveries of forges, by forge and result.",
    "remora_http_connections_refused_total": "Connections closed because their client had as many as it may have.",
    "remora_http_requests_total": "Requests answered, by class of status.",
  ]

  /// Records the seconds from an event's publication to the verification of its change; by kind.
  static func lag(_ name: ReplicableName, _ lag: Duration) {
    Recorder(label: "remora_replication_lag_seconds", dimensions: [("kind", name.text)], aggregate: true)
      .record(seconds(lag))
  }

  /// Seconds of a sync, by kind and result; and their number.
  static func synced(_ name: ReplicableName, _ result: SyncResult, after duration: Duration) {
    let word =
      switch result {
      case .synced(let hasChanged, _): hasChanged ? "changed" : "unchanged"
      case .pendingAgain: "pending_again"
      case .failed: "failed"
      case .paused: "paused"
      case .notDue: "not_due"
      }
    Recorder(label: "remora_sync_seconds", dimensions: [("kind", name.text), ("result", word)], aggregate: true)
      .record(seconds(duration))
  }

  /// Seconds of a verification, by kind and result; and their number.
  static func verified(_ name: ReplicableName, _ result: VerificationResult, after duration: Duration) {
    let word =
      switch result {
      case .succeeded(let basis): basis.rawValue
      case .mismatched: "mismatched"
      case .moved: "moved"
      case .overtaken: "overtaken"
      case .failed: "failed"
      case .paused: "paused"
      case .notDue: "not_due"
      }
    Recorder(
      label: "remora_verification_seconds", dimensions: [("kind", name.text), ("result", word)], aggregate: true
    )
    .record(seconds(duration))
  }

  /// Seconds of a housekeeping, by kind and result; and their number.
  static func housekept(_ name: ReplicableName, _ result: HousekeepingResult, after duration: Duration) {
    let word =
      switch result {
      case .done(let report): report.hasChanged ? "changed" : "unchanged"
      case .failed: "failed"
      case .paused: "paused"
      case .notDue: "not_due"
      }
    Recorder(
      label: "remora_housekeeping_seconds", dimensions: [("kind", name.text), ("result", word)], aggregate: true
    )
    .record(seconds(duration))
  }

  /// Seconds of an object check, by kind and result; and their number.
  static func checked(_ name: ReplicableName, _ result: CheckResult, after duration: Duration) {
    let word =
      switch result {
      case .whole: "whole"
      case .damaged: "damaged"
      case .paused: "paused"
      case .notDue: "not_due"
      }
    Recorder(
      label: "remora_object_check_seconds", dimensions: [("kind", name.text), ("result", word)], aggregate: true
    )
    .record(seconds(duration))
  }

  /// Counts the bytes that a sync has received, by kind.
  static func transferred(_ name: ReplicableName, _ bytes: UInt64) {
    Counter(label: "remora_transferred_bytes_total", dimensions: [("kind", name.text)])
      .increment(by: Int64(clamping: bytes))
  }

  /// Counts a failure, by kind, operation and code.
  static func failed(_ name: ReplicableName, _ operation: String, _ code: String) {
    Counter(
      label: "remora_failures_total", dimensions: [("kind", name.text), ("operation", operation), ("code", code)]
    )
    .increment()
  }

  /// Counts a poll of a repository whose host has no agent, by kind and result.
  static func polled(_ name: ReplicableName, _ result: String) {
    Counter(label: "remora_polls_total", dimensions: [("kind", name.text), ("result", result)]).increment()
  }

  static func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// To the millisecond, for logs.
  static func rounded(_ duration: Duration) -> Double { (seconds(duration) * 1_000).rounded() / 1_000 }
}

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
