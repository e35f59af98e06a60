internal import Replication

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
