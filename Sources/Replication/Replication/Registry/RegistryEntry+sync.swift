/// The sync state machine.
///
///         announce, resync, requestFreshDownload: from everywhere
///                    │
///                    ▼     startSync       finishSync
///                 pending ───────────► started ─────────► synced
///                    ▲                 │     ▲               │
///                    │  pauseSync,     │     │ startSync     │ startSync
///                    │  recover…       │     │               │
///                    └─────────────────┤   failed ◄──────────┴─── a failed verification
///                                      └────►┘  failSync
///
/// An announcement during a sync makes the entry pending, and the running sync then records only the generation that it
/// was started for, not the state synced. Only a success resets the retry count, so that the back-off keeps growing
/// across all other inputs. While an entry is not synced its verification is disabled, or failed where the verification
/// itself failed.
extension RegistryEntry {
  /// Records an event of the primary: the replicable was created or changed.
  ///
  /// Events may arrive late, twice and out of order.
  /// - Parameters:
  ///   - generation: the event's; of another log than `wanted` it replaces that. `nil` when it comes from the catalog
  ///     only.
  ///   - incarnation: the event's incarnation; `nil` when the event has none.
  ///   - moment: when the primary published it, by its clock; the present time when unknown.
  package mutating func announce(
    _ generation: Generation?, incarnation: Incarnation?, at moment: Timestamp
  ) -> AnnouncementOutcome {
    if let incarnation, let known = self.incarnation, known != incarnation { return .otherIncarnation(known) }
    self.incarnation = self.incarnation ?? incarnation
    let isOfferedAgain = notOffered != nil
    if isOfferedAgain { offer() }
    if let generation, !isOfferedAgain, isKnown(generation) { return .known }
    if let generation { wanted = generation }
    announcedAt = announcedAt.map { min($0, moment) } ?? moment
    missingOnPrimary = false
    becomePending()
    return .pending
  }

  /// Records that the primary does not offer the replicable. The copy stays as it is; generations and verifications are
  /// dropped, because they no longer describe the primary. A running sync cannot succeed.
  package mutating func withhold(_ reason: NotOffered, at now: Timestamp) {
    if notOffered == nil { notOfferedAt = now }
    notOffered = reason
    missingOnPrimary = false
    announcedAt = nil
    becomePending()
  }

  private mutating func offer() {
    notOffered = nil
    notOfferedAt = nil
  }

  /// Whether the generation was announced before, and is held or being synced.
  private func isKnown(_ generation: Generation) -> Bool {
    guard let wanted, wanted.covers(generation) else { return false }
    switch state {
    case .pending, .started, .failed: return true
    case .synced: return held.map { $0.covers(generation) } ?? false
    }
  }

  /// Requests a sync now, regardless of the back-off. The retry count stays.
  package mutating func resync() { becomePending() }

  /// Requests a fresh download. A fresh download that already runs serves the request.
  package mutating func requestFreshDownload() {
    forceToRedownload = true
    becomePending()
  }

  /// Records that an operator restored the copy from the trash.
  package mutating func markRestored() {
    isRestored = true
    becomePending()
  }

  /// Voids the generations, because their log was restored from a backup and continued. Only a new sync sets them
  /// again. A running sync was started for the old ones: its ticket is stale.
  package mutating func forgetGenerations() {
    wanted = nil
    held = nil
    lastSyncedAt = lastSyncedAt.map { $0 + .milliseconds(1) }
    becomePending()
  }

  /// Whether the entry has generations after the cursor. After a restart that means a batch whose cursor was not saved:
  /// the batch arrives again, with other events if the log was restored meanwhile. The caller forgets the generations
  /// then.
  package func isAhead(of cursor: Cursor?) -> Bool {
    guard let wanted else { return false }
    guard let cursor else { return true }
    return wanted.log == cursor.log && wanted.id > cursor.id
  }

  /// Sets the incarnation that the copy was proven to be of, after the primary lost its states and assigned new values.
  /// Generations and verifications are void.
  package mutating func adopt(_ incarnation: Incarnation) {
    self.incarnation = incarnation
    wanted = nil
    held = nil
    lastSyncedAt = lastSyncedAt.map { $0 + .milliseconds(1) }
    missingOnPrimary = false
    withdrawRemoval()
    becomePending()
  }

  /// Marks the copy for a removal that an operator must confirm. The copy stays as it is until then, in state failed. A
  /// running job ends without a success.
  ///
  /// - Parameter isReplaced: the primary has another incarnation in its place; else it has none.
  package mutating func holdForRemoval(isReplaced: Bool, at now: Timestamp) {
    guard removalWaitingSince == nil else { return }
    removalWaitingSince = now
    state = .failed
    retryAt = nil
    missingOnPrimary = !isReplaced
    lastSyncFailure =
      isReplaced
      ? "the primary has another incarnation in its place; the removal of this one waits for a confirmation"
      : "the primary does not have it; its removal waits for a confirmation"
    suspendVerification()
    if verificationState == .failed { verificationState = .disabled }
  }

  /// Withdraws the removal, because the primary has the replicable.
  package mutating func withdrawRemoval() {
    guard removalWaitingSince != nil else { return }
    removalWaitingSince = nil
    missingOnPrimary = false
    lastSyncFailure = nil
    becomePending()
  }

  private mutating func becomePending() {
    state = .pending
    retryAt = nil
    verificationState = .disabled
  }

  /// Begins a sync.
  /// - Returns: the ticket for its end; `nil` when one runs already.
  package mutating func startSync(at now: Timestamp) -> SyncTicket? {
    let previous = state
    guard notOffered == nil, removalWaitingSince == nil else { return nil }
    switch state {
    case .started: return nil
    case .pending, .synced, .failed: break
    }
    let startedAt = Self.distinct(now, from: lastSyncedAt)
    lastSyncedAt = startedAt
    state = .started
    suspendVerification()
    return SyncTicket(
      number: id, startedAt: startedAt, wanted: wanted, forceToRedownload: forceToRedownload, incarnation: incarnation,
      previousState: previous)
  }

  /// Records that the copy equals the primary's listing, which was made after the sync began.
  /// - Parameter now: when it ended; `nil` is when it began.
  package mutating func finishSync(_ ticket: SyncTicket, at now: Timestamp? = nil) -> SyncOutcome {
    guard isRunning(ticket) else { return .stale }
    lastSuccessAt = now ?? ticket.startedAt
    // This holds also when more was announced meanwhile: the listing was made after all changes of events up to here.
    if let claimed = ticket.wanted, held.map({ !$0.covers(claimed) }) ?? true { held = claimed }
    if ticket.forceToRedownload { forceToRedownload = false }
    retryCount = 0
    retryAt = nil
    lastSyncFailure = nil
    missingOnPrimary = false
    isRestored = false
    guard state == .started, wanted == ticket.wanted else {
      becomePending()
      return .syncAgain
    }
    state = .synced
    verificationState = .pending
    return .recorded
  }

  /// Records a sync that failed for a reason in the replicable.
  ///
  /// - Parameters:
  ///   - message: why; kept up to 255 characters.
  ///   - missingOnPrimary: the primary said that it does not have it.
  @discardableResult package mutating func failSync(
    _ ticket: SyncTicket, _ message: String, missingOnPrimary: Bool, at now: Timestamp,
    using generator: inout some RandomNumberGenerator
  ) -> SyncOutcome {
    guard isRunning(ticket) else { return .stale }
    retryCount += 1
    lastSyncFailure = Self.shortened(message)
    // Requested again while it ran: due now, and if that fails too, the back-off continues from here.
    guard state == .started else { return .syncAgain }
    state = .failed
    self.missingOnPrimary = missingOnPrimary
    retryAt = BackOff.retryTime(
      after: retryCount, missingOnPrimary: missingOnPrimary, at: now, using: &generator)
    return .recorded
  }

  /// Records a sync that ended for a reason outside the replicable: the host or this machine failed, or it was
  /// cancelled. The entry waits for a sync again (a failed entry is failed again), with its retry count and failure
  /// unchanged.
  @discardableResult package mutating func pauseSync(_ ticket: SyncTicket) -> SyncOutcome {
    guard isRunning(ticket) else { return .stale }
    guard state == .started else { return .syncAgain }
    switch ticket.previousState {
    case .failed: state = .failed
    // No job has read the copy since it was synced.
    case .pending, .started, .synced: state = .pending
    }
    return .recorded
  }

  /// Makes the entry pending if a job of an earlier process was running: jobs and tickets do not survive a restart.
  package mutating func recoverAfterRestart() {
    if state == .started { becomePending() }
    if verificationState == .started { verificationState = state == .synced ? .pending : .disabled }
  }

  /// Whether there is, or was, a copy: a sync has succeeded.
  package var hasCopy: Bool { held != nil || lastSuccessAt != nil }

  /// Whether a sync is to be started at that time.
  public func isDueForSync(at now: Timestamp) -> Bool {
    guard removalWaitingSince == nil else { return false }
    return switch state {
    case .pending: notOffered == nil
    case .started, .synced: false
    case .failed: BackOff.isDue(retryAt, missingOnPrimary: missingOnPrimary, at: now)
    }
  }

  /// Whether the ticket's sync is this entry's last one and has not ended; the entry may have become pending meanwhile.
  private func isRunning(_ ticket: SyncTicket) -> Bool {
    guard ticket.number == id, ticket.startedAt == lastSyncedAt, removalWaitingSince == nil,
      ticket.incarnation == nil || ticket.incarnation == incarnation
    else { return false }
    switch state {
    case .pending, .started: return true
    case .synced, .failed: return false
    }
  }
}

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
