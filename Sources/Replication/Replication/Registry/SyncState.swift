/// Where the sync of a replicable stands on a secondary.
public enum SyncState: String, CaseIterable, Sendable {
  /// Something is to be done, as soon as there is room.
  case pending
  /// A sync runs.
  case started
  /// The copy was equal to what events up to `held` announced.
  case synced
  /// The last sync failed; the next one is due at `retry_at`.
  case failed
}
