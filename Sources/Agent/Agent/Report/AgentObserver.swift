internal import Logging
internal import Replication

/// Writes observations to the log, and counts them.
struct AgentObserver: ReplicationObserver {
  let chronicle: Chronicle
  let trend: TrendCounter

  func synced(_ name: ReplicableName, _ result: SyncResult, after duration: Duration) {
    AgentMetrics.synced(name, result, after: duration)
    if case .synced = result { trend.synced() }
  }

  func verified(_ name: ReplicableName, _ result: VerificationResult, after duration: Duration) {
    AgentMetrics.verified(name, result, after: duration)
  }

  func housekept(_ name: ReplicableName, _ result: HousekeepingResult, after duration: Duration) {
    AgentMetrics.housekept(name, result, after: duration)
  }

  func checked(_ name: ReplicableName, _ result: CheckResult, after duration: Duration) {
    AgentMetrics.checked(name, result, after: duration)
  }

  func lag(_ name: ReplicableName, _ lag: Duration) {
    AgentMetrics.lag(name, lag)
    trend.lag(lag)
  }

  func log(_ line: ReplicationLine) {
    switch line {
    case .sync(let name, let id, let result, let duration):
      let fields = fields(name, id, duration)
      switch result {
      case .synced(let hasChanged, let warnings):
        for warning in warnings { chronicle.write(.warning, warning, fields) }
        chronicle.write(.info, hasChanged ? "synced" : "synced, nothing had changed", fields)
      case .failed(let why): chronicle.write(.warning, "sync failed: \(why)", fields)
      case .pendingAgain, .paused, .notDue: chronicle.write(.debug, "sync: \(result.text)", fields)
      }
    case .verification(let name, let id, let result, let duration):
      let fields = fields(name, id, duration)
      switch result {
      case .mismatched(let differences):
        let names = differences.prefix(5).map(\.name).joined(separator: ", ")
        chronicle.write(.warning, "verification failed: \(differences.count) lines differ: \(names)", fields)
      case .failed(let why): chronicle.write(.warning, "verification failed: \(why)", fields)
      case .succeeded, .moved, .overtaken, .paused, .notDue:
        chronicle.write(.debug, "verification: \(result.text)", fields)
      }
    case .housekeeping(let name, let id, let result, let duration):
      let fields = fields(name, id, duration)
      switch result {
      case .done(let report):
        let warnings = report.warnings.isEmpty ? "" : ", warnings: \(report.warnings.joined(separator: ", "))"
        chronicle.write(report.warnings.isEmpty ? .info : .warning, "put in order\(warnings)", fields)
      case .failed(let why): chronicle.write(.warning, "housekeeping failed: \(why)", fields)
      case .paused, .notDue: chronicle.write(.debug, "housekeeping: \(result.text)", fields)
      }
    case .check(let name, let id, let result, let duration):
      let fields = fields(name, id, duration)
      switch result {
      case .damaged(let why): chronicle.write(.error, "object check failed, fetched anew: \(why)", fields)
      case .whole, .paused, .notDue: chronicle.write(.debug, "object check: \(result.text)", fields)
      }
    case .paused(let host, let why): chronicle.write(.warning, "work for '\(host)' rests: \(why)")
    case .resumed(let host, let why): chronicle.write(.notice, "work for '\(host)' goes on, after: \(why)")
    case .postponed(let text): chronicle.write(.info, "later: \(text)")
    case .trouble(let text): chronicle.write(.warning, text)
    case .note(let text): chronicle.write(.notice, text)
    }
  }

  private func fields(_ name: ReplicableName, _ id: ReplicableID, _ duration: Duration) -> Logger.Metadata {
    ["kind": "\(name)", "id": "\(id)", "seconds": .string("\(AgentMetrics.rounded(duration))")]
  }
}
