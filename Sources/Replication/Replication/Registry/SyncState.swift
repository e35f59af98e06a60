/// The state of a replicable's sync on a secondary.
public enum SyncState: String, CaseIterable, Sendable {
  /// A sync is needed, and starts as soon as a slot is free.
  case pending
  /// A sync runs.
  case started
  /// The copy was equal to what events up to `held` announced.
  case synced
  /// The last sync failed; the next one is due at `retry_at`.
  case failed
}
