/// The state of a replicable's verification: on a secondary against the primary, on the primary of the checksum itself.
public enum VerificationState: String, CaseIterable, Sendable {
  /// To be done.
  case pending
  /// Being done.
  case started
  /// Done: equal, or on the primary: read.
  case succeeded
  /// Not equal, or not readable; again at `verification_retry_at`.
  case failed
  /// Not possible now: not synced.
  case disabled
}
