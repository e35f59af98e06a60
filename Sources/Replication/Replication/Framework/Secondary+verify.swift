internal import Synchronization

extension Secondary {
  /// Verifies one replicable now. A call during a running verification returns that one's result.
  public func verify(_ id: ReplicableID, _ name: ReplicableName) async throws -> VerificationResult {
    let member = try table.member(name)
    return try await member.jobs.verification(id) { try await member.kind.behaviour.verify(id, on: self) }
  }

  /// Requests a verification, which the next round of work does. Does nothing for an entry that is not synced.
  public func reverify(_ id: ReplicableID, _ name: ReplicableName) async throws {
    let member = try table.member(name)
    try await askWhetherOffered(id, member)
    try await member.registry.change(id) { entry, _ in entry?.reverify() }
  }

  /// The verification itself (product contract § 6): the step that `Replicator.verify` stands for.
  ///
  /// 1. The copy is read from disk. It equals a reading of the primary that is no older than what the copy holds:
  ///    equal. A recent reading from the catalog or an event suffices. Else the primary is asked for its last one, and
  ///    whether it still offers the replicable: a reading of a withheld replicable proves nothing.
  /// 2. It differs from the last verified content, though no sync has begun since: another program has changed it. The
  ///    lines in which it differs from the primary are a mismatch. 3. Else the primary makes a fresh listing, the copy
  ///    is synced and read, the primary is listed again, and the three are compared.
  /// 4. A mismatch counts when a second such bracket finds it again.
  public func verifyNow(_ id: ReplicableID, _ name: ReplicableName) async throws -> VerificationResult {
    let member = try table.member(name)
    let begun = environment.now()
    guard let ticket = try await member.registry.changeUntilRestart(id, { $0?.startVerification(at: begun) }) else {
      return .notDue
    }
    do {
      return try await compare(id, ticket, member)
    } catch {
      let failure = Failure(error)
      if case .replicable(_, isMissing: true) = failure, try await isWithheld(id, member) { return .notDue }
      let now = environment.now()
      let environment = environment
      try await member.registry.change(id) { entry, _ in
        switch failure {
        case .replicable(let message, let isMissing):
          var generator = EnvironmentGenerator(environment: environment)
          entry?.failVerification(ticket, message, missingOnPrimary: isMissing, at: now, using: &generator)
        case .pause: entry?.pauseVerification(ticket)
        }
      }
      switch failure {
      case .replicable(let message, _): return .failed(message)
      case .pause(let pause): return .paused(pause)
      }
    }
  }

  /// Proves a copy whose replicable is pushed to constantly, so that it is pending after each sync. One bracket shows
  /// only that the copy was equal at that moment. A mismatch is left to the next verification, which runs when the
  /// pushes pause.
  public func prove(_ id: ReplicableID, _ name: ReplicableName) async throws -> VerificationResult {
    let member = try table.member(name)
    return try await member.jobs.verification(id) { try await self.proveNow(id, member) }
  }

  private func proveNow(_ id: ReplicableID, _ member: Member) async throws -> VerificationResult {
    let begun = environment.now()
    guard let ticket = try await member.registry.changeUntilRestart(id, { $0?.startProof(at: begun) }) else {
      return .notDue
    }
    do {
      let reading = try await bracket(id, ticket, member)
      guard case .succeeded = reading.judgement, let checksum = reading.copy.checksum else { return .overtaken }
      return try await succeed(id, ticket, checksum, .bracket, member)
    } catch {
      // Nothing was recorded, and the entry is pending: its next sync meets the same failure, and counts it.
      guard case .pause(let pause) = Failure(error) else { return .overtaken }
      return .paused(pause)
    }
  }

  private func compare(
    _ id: ReplicableID, _ ticket: VerificationTicket, _ member: Member
  ) async throws -> VerificationResult {
    let copy = try await member.strategy.listing(of: id)
    if let reading = member.readings.take(id, ticket.incarnation, at: environment.now()), let checksum = copy.checksum,
      checksum == reading.checksum, ticket.isProven(by: reading)
    {
      return try await succeed(id, ticket, checksum, .reading, member)
    }
    let standing = try await primary.standing(of: id, incarnation: ticket.incarnation, member.kind.name)
    switch standing {
    case .present(let row) where ticket.incarnation == nil || row.incarnation == ticket.incarnation: break
    case .present, .moved: throw PrimaryAccessError.replaced
    case .gone: throw PrimaryAccessError.missing
    case .notOffered(let reason):
      try await withhold(id, reason, member)
      return .notDue
    // The listings of the bracket decide.
    case .unknown: break
    }
    if case .present(let row) = standing, let reading = row.reading, let checksum = copy.checksum,
      checksum == reading.checksum, ticket.isProven(by: reading)
    {
      return try await succeed(id, ticket, checksum, .reading, member)
    }
    if let altered = try await alteration(of: copy, id, ticket, member) {
      return try await end(id, ticket, altered, member)
    }
    try await member.registry.change(id) { entry, _ in entry?.prepareComparison(ticket) }
    let first = try await bracket(id, ticket, member)
    guard case .mismatched = first.judgement else { return try await end(id, ticket, first, member) }
    var second = try await bracket(id, ticket, member)
    second.judgement = StableComparison.judge(second.judgement, after: first.judgement)
    return try await end(id, ticket, second, member)
  }

  /// Returns the alteration of a copy that differs from its last verified content and from the primary; `nil` for every
  /// other copy.
  private func alteration(
    of copy: ContentListing, _ id: ReplicableID, _ ticket: VerificationTicket, _ member: Member
  ) async throws -> ComparisonReading? {
    guard let verified = ticket.verified, copy.checksum != verified else { return nil }
    let listing = try await primary.listing(of: id, incarnation: ticket.incarnation, member.kind.name)
    let judgement = StableComparison.judge(before: listing, copy: copy, after: listing)
    guard case .mismatched = judgement else { return nil }
    return ComparisonReading(judgement: judgement, copy: copy, primary: listing)
  }

  private struct ComparisonReading {
    var judgement: ComparisonJudgement
    var copy: ContentListing
    var primary: ContentListing
  }

  private func bracket(_ id: ReplicableID, _ ticket: VerificationTicket, _ member: Member) async throws
    -> ComparisonReading
  {
    let (incarnation, name) = (ticket.incarnation, member.kind.name)
    let before = try await primary.listing(of: id, incarnation: incarnation, name)
    _ = try await transfer(id, incarnation, isFresh: false, member)
    let copy = try await member.strategy.listing(of: id)
    let after = try await primary.listing(of: id, incarnation: incarnation, name)
    return ComparisonReading(
      judgement: StableComparison.judge(before: before, copy: copy, after: after), copy: copy, primary: after)
  }

  private func end(
    _ id: ReplicableID, _ ticket: VerificationTicket, _ reading: ComparisonReading, _ member: Member
  ) async throws -> VerificationResult {
    switch reading.judgement {
    case .succeeded:
      guard let checksum = reading.copy.checksum else {
        throw StrategyError(.broken, "verify '\(id)': the copy has no checksum; something in it is unknown")
      }
      return try await succeed(id, ticket, checksum, .bracket, member)
    case .moved:
      let now = environment.now()
      try await member.registry.change(id) { entry, _ in entry?.moved(ticket, at: now) }
      return .moved
    case .mismatched(let differences):
      // Before the entry changes, so that a reader of the entry finds the lines.
      try await member.differences.record(differences, of: id)
      let now = environment.now()
      let environment = environment
      try await member.registry.change(id) { entry, _ in
        var generator = EnvironmentGenerator(environment: environment)
        entry?.failMismatch(
          ticket, copy: reading.copy.checksum, primary: reading.primary.checksum, at: now, using: &generator)
      }
      return .mismatched(differences)
    }
  }

  private func succeed(
    _ id: ReplicableID, _ ticket: VerificationTicket, _ checksum: Checksum, _ basis: VerificationBasis, _ member: Member
  ) async throws -> VerificationResult {
    let now = environment.now()
    let isProven = try await member.registry.change(id) { entry, _ in
      if entry?.succeedVerification(ticket, checksum, at: now) == true { return true }
      // A recorded reading may be older than an announcement that arrived meanwhile; a bracket cannot.
      return basis == .bracket && entry?.proveOvertaken(ticket, checksum, at: now) == true
    }
    guard isProven else { return .overtaken }
    try await member.differences.record([], of: id)
    return .succeeded(basis)
  }
}

/// Readings of the primary that came with its catalog and its events, for copies that are not verified yet: a
/// verification that finds its proof here sends no request. In memory only; a missing reading is requested from the
/// primary.
///
/// A reading of any age proves a copy, if it is no older than the copy's generation (`VerificationTicket.isProven`).
final class KnownReadings: Sendable {
  private struct Known {
    let incarnation: Incarnation
    let reading: PrimaryReading
    let notedAt: Timestamp
  }

  private let readings = Mutex<[ReplicableID: Known]>([:])

  /// About 20 MB; further readings are requested from the primary.
  private static let limit = 100_000
  /// How long a replicable is assumed to be still offered; after that the primary is asked.
  private static let validity = Duration.seconds(60)

  func note(_ reading: PrimaryReading, of id: ReplicableID, _ incarnation: Incarnation, at now: Timestamp) {
    readings.withLock { readings in
      guard readings.count < Self.limit || readings[id] != nil else { return }
      readings[id] = Known(incarnation: incarnation, reading: reading, notedAt: now)
    }
  }

  /// Removes and returns a recent reading of this incarnation.
  func take(_ id: ReplicableID, _ incarnation: Incarnation?, at now: Timestamp) -> PrimaryReading? {
    readings.withLock { readings in
      guard let known = readings.removeValue(forKey: id), known.incarnation == incarnation,
        now >= known.notedAt, now - known.notedAt < Self.validity
      else { return nil }
      return known.reading
    }
  }

  /// Drops all readings, because the log was restored and assigns their generations to other events.
  func forgetAll() { readings.withLock { $0 = [:] } }
}
