/// What a running sync of one entry was started for; handed back when it ends.
package struct SyncTicket: Hashable, Sendable {
  /// The entry's number: an entry that was removed and made again is another one.
  package let number: UInt64
  /// When the sync began, of this entry never the same twice in a row.
  package let startedAt: Timestamp
  /// Up to which event a success may be claimed: what was wanted before anything was listed. `nil` claims nothing.
  package let wanted: Generation?
  /// Fetch everything anew.
  package let forceToRedownload: Bool
  /// The incarnation to sync; `nil` until it is known.
  package let incarnation: Incarnation?
  /// Where the entry stood before, to go back there when the host failed and not the replicable.
  package let previousState: SyncState
}

/// What the end of a sync, good or bad, means for its entry.
package enum SyncOutcome: Hashable, Sendable {
  /// The entry says it now.
  case recorded
  /// Something was announced or asked for while it ran: the entry is pending, sync it again.
  case syncAgain
  /// The entry is not that sync's any more: nothing changed.
  case stale
}

/// What an announcement means for an entry.
package enum AnnouncementOutcome: Hashable, Sendable {
  /// The entry is pending: sync it.
  case pending
  /// The event was recorded before; nothing changed.
  case known
  /// The entry is of another incarnation, this one: nothing changed. Only the primary can say which of the two is gone;
  /// ask it, discard or rename, then announce again.
  case otherIncarnation(Incarnation)
}
