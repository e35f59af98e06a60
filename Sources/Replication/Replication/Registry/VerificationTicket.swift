/// Identifies a running verification of one entry; returned to the state machine when it ends.
package struct VerificationTicket: Hashable, Sendable {
  /// The entry's number: an entry that was removed and made again is another one.
  package let number: UInt64
  /// When the verification began; never equal in two consecutive verifications of this entry.
  package let startedAt: Timestamp
  /// The last event up to which the copy is complete.
  package let held: Generation?
  /// Which incarnation the copy is of; `nil` until it is known.
  package let incarnation: Incarnation?
  /// When the oldest unverified change was announced; the time to the end of the verification is the replication lag.
  package let announcedAt: Timestamp?
  /// When the copy was synced last. If another sync has run since, the result is outdated.
  package let lastSyncedAt: Timestamp?
  /// The copy's checksum at its last verification; `nil` when a sync has begun since.
  package let verified: Checksum?

  /// Whether a copy that equals this reading is proven by it (product contract § 6, rule 1): the reading is no older
  /// than what the copy holds. Always false where the copy has no generation to compare; only a bracket can decide
  /// then.
  package func isProven(by reading: PrimaryReading) -> Bool {
    held.map { reading.generation.covers($0) } ?? false
  }
}
