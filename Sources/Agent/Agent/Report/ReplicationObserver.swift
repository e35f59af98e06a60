internal import AgentAPI
package import Logging
internal import Replication
internal import TextBytes

/// Observes replication for the log and for metrics; does not affect it.
protocol ReplicationObserver: Sendable {
  func synced(_ name: ReplicableName, _ result: SyncResult, after duration: Duration)
  func verified(_ name: ReplicableName, _ result: VerificationResult, after duration: Duration)
  func housekept(_ name: ReplicableName, _ result: HousekeepingResult, after duration: Duration)
  func checked(_ name: ReplicableName, _ result: CheckResult, after duration: Duration)
  func lag(_ name: ReplicableName, _ lag: Duration)
  func log(_ line: ReplicationLine)
}

/// A line of the log.
enum ReplicationLine: Sendable {
  case sync(ReplicableName, ReplicableID, SyncResult, Duration)
  case verification(ReplicableName, ReplicableID, VerificationResult, Duration)
  case housekeeping(ReplicableName, ReplicableID, HousekeepingResult, Duration)
  case check(ReplicableName, ReplicableID, CheckResult, Duration)
  case paused(String, String)
  case resumed(String, after: String)
  case trouble(String)
  /// It is retried soon; usually no action is needed.
  case postponed(String)
  case note(String)
}

/// Writes observations to the log, and counts them.
struct AgentObserver: ReplicationObserver {
  let agentLog: AgentLog
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
        for warning in warnings { agentLog.write(.warning, warning, fields) }
        agentLog.write(.info, hasChanged ? "synced" : "synced, nothing had changed", fields)
      case .failed(let why): agentLog.write(.warning, "sync failed: \(why)", fields)
      case .pendingAgain, .paused, .notDue: agentLog.write(.debug, "sync: \(result.text)", fields)
      }
    case .verification(let name, let id, let result, let duration):
      let fields = fields(name, id, duration)
      switch result {
      case .mismatched(let differences):
        let names = differences.prefix(5).map(\.name).joined(separator: ", ")
        agentLog.write(.warning, "verification failed: \(differences.count) lines differ: \(names)", fields)
      case .failed(let why): agentLog.write(.warning, "verification failed: \(why)", fields)
      case .succeeded, .moved, .overtaken, .paused, .notDue:
        agentLog.write(.debug, "verification: \(result.text)", fields)
      }
    case .housekeeping(let name, let id, let result, let duration):
      let fields = fields(name, id, duration)
      switch result {
      case .done(let report):
        let warnings = report.warnings.isEmpty ? "" : ", warnings: \(report.warnings.joined(separator: ", "))"
        agentLog.write(report.warnings.isEmpty ? .info : .warning, "put in order\(warnings)", fields)
      case .failed(let why): agentLog.write(.warning, "housekeeping failed: \(why)", fields)
      case .paused, .notDue: agentLog.write(.debug, "housekeeping: \(result.text)", fields)
      }
    case .check(let name, let id, let result, let duration):
      let fields = fields(name, id, duration)
      switch result {
      case .damaged(let why): agentLog.write(.error, "object check failed, fetched anew: \(why)", fields)
      case .whole, .paused, .notDue: agentLog.write(.debug, "object check: \(result.text)", fields)
      }
    case .paused(let host, let why): agentLog.write(.warning, "work for '\(host)' rests: \(why)")
    case .resumed(let host, let why): agentLog.write(.notice, "work for '\(host)' goes on, after: \(why)")
    case .postponed(let text): agentLog.write(.info, "later: \(text)")
    case .trouble(let text): agentLog.write(.warning, text)
    case .note(let text): agentLog.write(.notice, text)
    }
  }

  private func fields(_ name: ReplicableName, _ id: ReplicableID, _ duration: Duration) -> Logger.Metadata {
    ["kind": "\(name)", "id": "\(id)", "seconds": .string("\(AgentMetrics.rounded(duration))")]
  }
}

/// The agent's log: one line for each finished sync and each failure, without secrets, with foreign text escaped.
package struct AgentLog: Sendable {
  /// For modules that have no agentLog; their lines must not contain foreign text.
  package let logger: Logger

  /// A agentLog in a log.
  package init(_ logger: Logger) { self.logger = logger }

  /// Characters of a line, without its fields.
  private static let longest = 4_000

  /// A line at a level, with fields.
  package func write(_ level: Logger.Level, _ text: String, _ fields: Logger.Metadata = [:]) {
    logger.log(level: level, "\(ForeignText.line(text, longest: Self.longest))", metadata: fields)
  }
}

/// The results of jobs in words, for lines of the log.
extension SyncResult {
  var text: String {
    switch self {
    case .synced(let hasChanged, _): hasChanged ? "synced" : "synced, nothing had changed"
    case .pendingAgain: "synced, but a newer event arrived; pending again"
    case .failed(let why): "failed: \(why)"
    case .paused(let why): "paused: \(why)"
    case .notDue: "not due"
    }
  }
}

extension VerificationResult {
  var text: String {
    switch self {
    case .succeeded(let basis): "succeeded, by \(basis.rawValue)"
    case .mismatched(let differences): "\(differences.count) lines differ"
    case .moved: "the primary changed meanwhile; pending again"
    case .overtaken: "a sync was asked for meanwhile"
    case .failed(let why): "failed: \(why)"
    case .paused(let why): "paused: \(why)"
    case .notDue: "not due"
    }
  }
}

extension HousekeepingResult {
  var text: String {
    switch self {
    case .done(let report):
      report.warnings.isEmpty ? "done" : "done, warnings: \(report.warnings.joined(separator: ", "))"
    case .failed(let why): "failed: \(why)"
    case .paused(let why): "paused: \(why)"
    case .notDue: "not due"
    }
  }
}

extension CheckResult {
  var text: String {
    switch self {
    case .whole: "every object is there and whole"
    case .damaged(let why): "damaged: \(why)"
    case .paused(let why): "paused: \(why)"
    case .notDue: "not due"
    }
  }
}
