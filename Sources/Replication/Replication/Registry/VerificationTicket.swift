/// What a running verification of one entry was started for; handed back when it ends.
package struct VerificationTicket: Hashable, Sendable {
  /// The entry's number: an entry that was removed and made again is another one.
  package let number: UInt64
  /// When the verification began, of this entry never the same twice in a row.
  package let startedAt: Timestamp
  /// Up to which event the copy is known to be complete.
  package let held: Generation?
  /// Which incarnation the copy is of; `nil` before anyone said.
  package let incarnation: Incarnation?
  /// Since when something was announced that no verification has seen yet; with the end, the replication lag.
  package let announcedAt: Timestamp?
  /// Which sync the copy came from; another one since, and what is found out now is of the past.
  package let lastSyncedAt: Timestamp?
  /// What the copy was when it was verified last; `nil` when a sync of ours has begun since, so that nobody can say.
  package let verified: Checksum?

  /// Whether a copy that equals this reading is proven by it (product contract § 6, rule 1): the reading is no older than what
  /// the copy holds. Never where the copy holds nothing that could be compared; then only a bracket can tell.
  package func isProven(by reading: PrimaryReading) -> Bool {
    held.map { reading.generation.covers($0) } ?? false
  }
}
