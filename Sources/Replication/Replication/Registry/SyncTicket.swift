/// Identifies a running sync of one entry; returned to the state machine when it ends.
package struct SyncTicket: Hashable, Sendable {
  /// The entry's number: an entry that was removed and made again is another one.
  package let number: UInt64
  /// When the sync began; never equal in two consecutive syncs of this entry.
  package let startedAt: Timestamp
  /// The generation that a success records: the wanted one before the primary was listed. `nil` records none.
  package let wanted: Generation?
  /// Fetch everything anew.
  package let forceToRedownload: Bool
  /// The incarnation to sync; `nil` until it is known.
  package let incarnation: Incarnation?
  /// The entry's previous state, which is restored when the host failed and not the replicable.
  package let previousState: SyncState
}

/// The effect of a sync's end on its entry.
package enum SyncOutcome: Hashable, Sendable {
  /// The result was recorded in the entry.
  case recorded
  /// An event was announced or a sync requested while it ran: the entry is pending.
  case syncAgain
  /// The entry is not that sync's any more: nothing changed.
  case stale
}

/// The effect of an announcement on an entry.
package enum AnnouncementOutcome: Hashable, Sendable {
  /// The entry is pending: sync it.
  case pending
  /// The event was recorded before; nothing changed.
  case known
  /// The entry is of another incarnation, this one: nothing changed. Only the primary determines which of the two is
  /// gone: ask it, remove or rename the copy, then announce again.
  case otherIncarnation(Incarnation)
}
