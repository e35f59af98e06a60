/// The verification state machine.
///
///                 finishSync       startVerification           succeedVerification
///     disabled ──────────────► pending ───────────► started ─────────────────────► succeeded
///        ▲                        ▲                 │     │                            │
///        │                        │  moved, pause…, │     │ failVerification,          │ reverify, primaryRead
///        │                        │  recover…       │     │ failMismatch               │
///        │                        ├─────────────────┘     ▼                            │
///        │ announce, resync       │                     failed ── the sync state too   │
///        └── from everywhere      └────────────────────────────────────────────────────┘
///
/// Pending, started and succeeded only while the entry is synced. Every failure also fails the sync, so that a full
/// sync follows with the same back-off; the failures since the last success are counted through those syncs.
extension RegistryEntry {
  /// A mismatch that is the third failed verification in a row, or the sixth and so on, is followed by a fresh
  /// download.
  package static let mismatchesBeforeFreshDownload = 3

  /// Begins a verification.
  /// - Returns: the ticket for its end; `nil` when the entry is not synced, one runs already, or a failed one is not
  ///   due.
  package mutating func startVerification(at now: Timestamp) -> VerificationTicket? {
    guard state == .synced, removalWaitingSince == nil else { return nil }
    switch verificationState {
    case .pending, .succeeded: break
    case .failed: guard isVerificationRetryDue(at: now) else { return nil }
    case .started, .disabled: return nil
    }
    let startedAt = Self.distinct(now, from: verificationStartedAt)
    verificationStartedAt = startedAt
    verificationState = .started
    return verificationTicket(at: startedAt)
  }

  /// Begins the proof of a copy that is pending after each of its syncs, because its replicable changes constantly. It
  /// stays pending.
  /// - Returns: the ticket for `proveOvertaken`; `nil` when the entry is not pending.
  package mutating func startProof(at now: Timestamp) -> VerificationTicket? {
    guard state == .pending, verificationState == .disabled, notOffered == nil, removalWaitingSince == nil else {
      return nil
    }
    let startedAt = Self.distinct(now, from: verificationStartedAt)
    verificationStartedAt = startedAt
    if !checksumMismatch { verificationChecksum = nil }
    return verificationTicket(at: startedAt)
  }

  private func verificationTicket(at startedAt: Timestamp) -> VerificationTicket {
    VerificationTicket(
      number: id, startedAt: startedAt, held: held, incarnation: incarnation, announcedAt: announcedAt,
      lastSyncedAt: lastSyncedAt, verified: checksumMismatch ? nil : verificationChecksum)
  }

  /// Records that a sync within the verification is about to change the copy: from here on it may differ from the last
  /// verified content.
  package mutating func prepareComparison(_ ticket: VerificationTicket) {
    if isRunning(ticket), !checksumMismatch { verificationChecksum = nil }
  }

  /// Records that the copy is equal to the primary.
  /// - Returns: false when the result is void, because an event was announced or a job requested meanwhile.
  package mutating func succeedVerification(
    _ ticket: VerificationTicket, _ checksum: Checksum, at now: Timestamp
  ) -> Bool {
    guard isRunning(ticket) else { return false }
    verificationState = .succeeded
    takeProof(checksum, at: now)
    announcedAt = nil
    return true
  }

  /// Records a bracket that showed that the copy is equal to the primary, although an event was announced or a job
  /// requested while it ran: the entry stays pending, with the time of its last proof. Otherwise a constantly changing
  /// replicable would never be proven.
  ///
  /// The bracket listed all changes published before it began: only later ones still wait for a proof.
  /// - Returns: false when another sync has begun since, so that the proof no longer applies to the copy.
  package mutating func proveOvertaken(_ ticket: VerificationTicket, _ checksum: Checksum, at now: Timestamp) -> Bool {
    guard ticket.number == id, state == .pending, verificationState == .disabled, removalWaitingSince == nil,
      ticket.startedAt == verificationStartedAt, ticket.lastSyncedAt == lastSyncedAt, ticket.incarnation == incarnation
    else { return false }
    takeProof(checksum, at: now)
    announcedAt = announcedAt.map { max($0, ticket.startedAt) }
    return true
  }

  private mutating func takeProof(_ checksum: Checksum, at now: Timestamp) {
    verifiedAt = now
    verificationChecksum = checksum
    verificationChecksumMismatched = nil
    checksumMismatch = false
    verificationFailure = nil
    verificationRetryCount = 0
    verificationRetryAt = nil
  }

  /// Records that the copy was shown to differ from the primary, twice. Its content is unknown from here on.
  ///
  /// - Parameters:
  ///   - copy: the copy's digest.
  ///   - primary: the primary's last digest.
  /// - Returns: false when the result is void.
  @discardableResult package mutating func failMismatch(
    _ ticket: VerificationTicket, copy: Checksum?, primary: Checksum?, at now: Timestamp,
    using generator: inout some RandomNumberGenerator
  ) -> Bool {
    guard isRunning(ticket) else { return false }
    verificationChecksum = copy
    verificationChecksumMismatched = primary
    checksumMismatch = true
    held = nil
    let found = copy.map { "\($0)" } ?? "none"
    let expected = primary.map { "\($0)" } ?? "none"
    fail("checksum \(found) is not the primary's \(expected)", missingOnPrimary: false, at: now, using: &generator)
    if verificationRetryCount.isMultiple(of: Self.mismatchesBeforeFreshDownload) { forceToRedownload = true }
    return true
  }

  /// Records that the copy or the primary could not be read, for a reason in the replicable.
  ///
  /// The checksums of the last verdict stay. A sync follows, because reading an unreadable copy again does not repair
  /// it.
  /// - Returns: false when the result is void.
  @discardableResult package mutating func failVerification(
    _ ticket: VerificationTicket, _ message: String, missingOnPrimary: Bool = false, at now: Timestamp,
    using generator: inout some RandomNumberGenerator
  ) -> Bool {
    guard isRunning(ticket) else { return false }
    fail(message, missingOnPrimary: missingOnPrimary, at: now, using: &generator)
    return true
  }

  private mutating func fail(
    _ message: String, missingOnPrimary: Bool, at now: Timestamp, using generator: inout some RandomNumberGenerator
  ) {
    verificationState = .failed
    verifiedAt = now
    verificationFailure = Self.shortened(message)
    verificationRetryCount += 1
    state = .failed
    self.missingOnPrimary = missingOnPrimary
    lastSyncFailure = Self.shortened("Verification failed with: " + message)
    // The syncs in between succeeded and reset their count; the verifications' count was not reset.
    retryCount = max(retryCount + 1, verificationRetryCount)
    let retry = BackOff.retryTime(
      after: retryCount, missingOnPrimary: missingOnPrimary, at: now, using: &generator)
    retryAt = retry
    verificationRetryAt = retry
  }

  /// Records that the primary changes faster than it can be compared: pending again, without a failure. The time of its
  /// end queues it after entries that have waited longer.
  package mutating func moved(_ ticket: VerificationTicket, at now: Timestamp) {
    guard isRunning(ticket) else { return }
    verificationState = .pending
    verifiedAt = now
  }

  /// Records that the host or this machine failed, or the job was cancelled: pending again, without counting a failure.
  package mutating func pauseVerification(_ ticket: VerificationTicket) {
    guard isRunning(ticket) else { return }
    verificationState = .pending
  }

  /// Requests a verification now. A running verification serves the request. An entry that is not synced is verified
  /// after its sync.
  package mutating func reverify() {
    guard state == .synced else { return }
    switch verificationState {
    case .succeeded, .failed: verificationState = .pending
    case .pending, .started, .disabled: break
    }
  }

  /// Records a new reading of the primary. A reading that differs from the copy's checksum requests a verification, but
  /// proves nothing; a reading older than the copy's generation is ignored.
  package mutating func primaryRead(_ reading: PrimaryReading) {
    if let held, held.log == reading.generation.log, !reading.generation.covers(held) { return }
    if verificationState == .succeeded, verificationChecksum == reading.checksum { return }
    reverify()
  }

  /// Whether a verification is to be started at that time.
  public func isDueForVerification(at now: Timestamp) -> Bool {
    guard state == .synced, removalWaitingSince == nil else { return false }
    switch verificationState {
    case .pending: return true
    case .failed: return isVerificationRetryDue(at: now)
    case .started, .succeeded, .disabled: return false
    }
  }

  private func isVerificationRetryDue(at now: Timestamp) -> Bool {
    BackOff.isDue(verificationRetryAt, missingOnPrimary: missingOnPrimary, at: now)
  }

  /// Voids the last verification, because the copy is about to change. A failure is kept until the sync ends.
  mutating func suspendVerification() {
    if !checksumMismatch { verificationChecksum = nil }
    switch verificationState {
    case .pending, .started, .succeeded: verificationState = .disabled
    case .failed, .disabled: break
    }
  }

  private func isRunning(_ ticket: VerificationTicket) -> Bool {
    ticket.number == id && state == .synced && verificationState == .started && removalWaitingSince == nil
      && ticket.startedAt == verificationStartedAt && ticket.incarnation == incarnation
  }
}

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
