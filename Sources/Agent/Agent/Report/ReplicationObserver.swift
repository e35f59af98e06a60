internal import Replication

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
