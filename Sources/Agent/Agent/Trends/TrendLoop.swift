internal import AgentAPI
internal import Replication

/// Takes a sample of a site each minute.
struct TrendLoop: Sendable {
  let log: TrendLog
  let counter: TrendCounter
  let observer: any ReplicationObserver
  let environment: SiteEnvironment
  let status: @Sendable () async throws -> StatusRow

  /// Runs until the task is cancelled.
  func run() async {
    var lastEventID = try? await status().lastEventId
    while !Task.isCancelled {
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: .seconds(TrendLog.interval))
      guard !Task.isCancelled else { return }
      do {
        let status = try await status()
        try await log.add(row(status, since: lastEventID))
        lastEventID = status.lastEventId
      } catch {
        if !Task.isCancelled { observer.log(.trouble("keep the numbers of a minute: \(error)")) }
      }
    }
  }

  private func row(_ status: StatusRow, since lastEventID: UInt64?) -> TrendRow {
    let counts = counter.take()
    var row = TrendRow(at: "\(environment.now())", changes: counts.syncs, queue: 0)
    guard status.role == .secondary else {
      if let lastEventID, let end = status.lastEventId, end > lastEventID { row.changes = Int(end - lastEventID) }
      row.queue = status.kinds.reduce(0) { $0 + $1.count(VerificationWord.pending) }
      return row
    }
    row.queue = status.kinds.reduce(0) { $0 + $1.count(SyncWord.pending) + $1.needsVerification }
    row.transferredBytes = counts.bytes
    row.oldestUnsyncedSeconds = status.oldestUnsynced?.seconds ?? 0
    if let lag = ReplicationLag(of: counts.lags) {
      row.lagP50Seconds = AgentMetrics.rounded(lag.median)
      row.lagMaxSeconds = AgentMetrics.rounded(lag.longest)
    }
    return row
  }
}
