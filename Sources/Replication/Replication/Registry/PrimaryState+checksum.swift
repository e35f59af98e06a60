/// Identifies a running reading of one replicable's checksum; returned to the state machine when it ends.
package struct ReadingTicket: Hashable, Sendable {
  /// Whose.
  package let incarnation: Incarnation
  /// When the reading began; never equal in two consecutive readings of this replicable.
  package let startedAt: Timestamp
}

/// The state machine of a primary's checksum: pending, started, succeeded or failed; `disabled` is a secondary's.
///
/// A change that is announced during a reading makes it pending. The reading is discarded, because it may show the
/// content before the change.
extension PrimaryState {
  /// Records that the content has changed, before its event is logged.
  package mutating func announceChange() {
    goneAt = nil
    becomePending()
  }

  /// Records that the replicable is no longer on the disk, after its deletion event.
  package mutating func depart(at now: Timestamp) {
    goneAt = now
    becomePending()
  }

  /// Whether a replicable that reappears can be recognised: by a birth that no other inode has, or by its name where
  /// only names exist.
  package var isRecognizable: Bool { identity.map { $0.birth != 0 || $0.device == 0 } ?? false }

  /// Records an event about the content. A reading that is no older than the event stays.
  ///
  /// - Parameter moment: when the event was published; `nil` when unknown.
  package mutating func announce(_ generation: Generation, at moment: Timestamp? = nil) {
    if let known = self.generation, known.covers(generation) { return }
    self.generation = generation
    announcedAt = moment
    switch verificationState {
    case .succeeded:
      if let reading, reading.generation.covers(generation) { return }
      becomePending()
    // The end of the reading decides whether it includes the event.
    case .started: break
    case .pending, .failed, .disabled: becomePending()
    }
  }

  /// The log was restored from a backup and ends before the last event that was published: generations after its end
  /// will be assigned to other events.
  /// - Returns: true when the log no longer holds the event of this replicable's last change; the caller publishes it
  ///   again.
  package mutating func forgetGenerations(after end: Generation) -> Bool {
    let isForgotten = generation.map { $0.log == end.log && !end.covers($0) } ?? false
    let isVoid = reading.map { $0.generation.log == end.log && !end.covers($0.generation) } ?? false
    guard isForgotten || isVoid else { return false }
    if isForgotten { generation = nil }
    if isVoid { reading = nil }
    becomePending()
    return isForgotten
  }

  /// Records that the replicable is not offered to secondaries. The last reading is dropped, because it does not
  /// describe the present content.
  package mutating func withhold(_ reason: NotOffered, _ message: String?) {
    goneAt = nil
    notOffered = reason
    notOfferedReason = message.map(RegistryEntry.shortened)
    becomePending()
  }

  /// Records that it is offered again; its checksum becomes pending.
  package mutating func offer() {
    guard notOffered != nil || goneAt != nil else { return }
    notOffered = nil
    goneAt = nil
    notOfferedReason = nil
    becomePending()
  }

  /// Begins a reading. The caller must have read the log's position before.
  /// - Returns: the ticket for its end; `nil` when one runs already.
  package mutating func startReading(at now: Timestamp) -> ReadingTicket? {
    guard notOffered == nil, goneAt == nil else { return nil }
    switch verificationState {
    case .started, .disabled: return nil
    case .pending, .succeeded, .failed: break
    }
    let startedAt = RegistryEntry.distinct(now, from: verificationStartedAt)
    verificationStartedAt = startedAt
    verificationState = .started
    return ReadingTicket(incarnation: incarnation, startedAt: startedAt)
  }

  /// Records a successful reading.
  /// - Parameter marks: marks that identify the content on another disk; `nil` where the strategy returned none.
  /// - Returns: false when an event was published meanwhile: the reading is discarded and repeated.
  package mutating func finishReading(
    _ ticket: ReadingTicket, _ reading: PrimaryReading, marks: [String]? = nil, at now: Timestamp
  ) -> Bool {
    guard isRunning(ticket), verificationState == .started else { return false }
    if let generation, generation.log == reading.generation.log, !reading.generation.covers(generation) {
      verificationState = .pending
      return false
    }
    verificationState = .succeeded
    verifiedAt = now
    verificationRetryAt = nil
    verificationRetryCount = 0
    verificationFailure = nil
    self.reading = reading
    knownContent = marks.map { KnownContent(checksum: reading.checksum, marks: $0) }
    return true
  }

  /// Records a failed reading, with up to 255 characters of the message. It is retried with back-off, or at once when
  /// an event was published meanwhile.
  package mutating func failReading(
    _ ticket: ReadingTicket, _ message: String, at now: Timestamp, using generator: inout some RandomNumberGenerator
  ) {
    guard isRunning(ticket) else { return }
    verificationRetryCount += 1
    verificationFailure = RegistryEntry.shortened(message)
    guard verificationState == .started else { return }
    verificationState = .failed
    verifiedAt = now
    verificationRetryAt = BackOff.retryTime(
      after: verificationRetryCount, missingOnPrimary: false, at: now, using: &generator)
  }

  /// Requests a reading: an operator asked for it, or the last one is too old.
  package mutating func reverify() {
    switch verificationState {
    case .succeeded, .failed: becomePending()
    case .pending, .started, .disabled: break
    }
  }

  /// Makes a reading pending that ended without a result: it was cancelled, or its process died.
  package mutating func recoverAfterRestart() {
    if verificationState == .started { verificationState = .pending }
  }

  /// Whether a reading is to be started at that time.
  public func isDue(at now: Timestamp) -> Bool {
    guard notOffered == nil, goneAt == nil else { return false }
    return switch verificationState {
    case .pending: true
    case .failed: BackOff.isDue(verificationRetryAt, missingOnPrimary: false, at: now)
    case .started, .succeeded, .disabled: false
    }
  }

  /// The checksum of the last content that was read, even if the reading is void.
  package var knownChecksum: Checksum? { knownContent?.checksum ?? reading?.checksum }

  /// Returns the same incarnation under another id; a reading that ran under the old id is repeated.
  package func renamed(to id: ReplicableID) -> PrimaryState {
    var state = self
    state.replicableID = id
    state.recoverAfterRestart()
    return state
  }

  private mutating func becomePending() {
    verificationState = .pending
    verificationRetryAt = nil
  }

  /// Whether the ticket's reading is the last one and has not ended; it may have become pending meanwhile.
  private func isRunning(_ ticket: ReadingTicket) -> Bool {
    guard ticket.incarnation == incarnation, ticket.startedAt == verificationStartedAt else { return false }
    switch verificationState {
    case .pending, .started: return true
    case .succeeded, .failed, .disabled: return false
    }
  }

  /// The last reading, unless a change was announced since: an older one does not describe the present content.
  package var currentReading: PrimaryReading? {
    verificationState == .succeeded && notOffered == nil && goneAt == nil ? reading : nil
  }
}
