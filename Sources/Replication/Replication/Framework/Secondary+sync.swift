extension Secondary {
  /// Syncs one replicable now, regardless of its back-off. A call during a running sync returns that one's result.
  public func sync(_ id: ReplicableID, _ name: ReplicableName) async throws -> SyncResult {
    let member = try table.member(name)
    return try await member.jobs.sync(id) { try await member.kind.behaviour.sync(id, on: self) }
  }

  /// Requests a sync, which the next round of work does. Does nothing for an id that is not tracked.
  public func resync(_ id: ReplicableID, _ name: ReplicableName, isFresh: Bool = false) async throws {
    let member = try table.member(name)
    try await askWhetherOffered(id, member)
    try await member.registry.change(id) { entry, _ in
      if isFresh { entry?.requestFreshDownload() } else { entry?.resync() }
    }
  }

  /// The sync itself: the step that `Replicator.sync` stands for.
  ///
  /// The wanted generation is read before the primary is listed, so a success is recorded for that generation and for
  /// nothing announced later.
  public func syncNow(_ id: ReplicableID, _ name: ReplicableName) async throws -> SyncResult {
    let member = try table.member(name)
    let begun = environment.now()
    let before = try await member.registry.entry(of: id)
    let isSynced = before?.state == .synced
    guard let ticket = try await startSync(id, isSynced: isSynced, at: begun, member) else { return .notDue }
    do {
      let incarnation = try await incarnation(of: id, ticket, member)
      if let before, !ticket.forceToRedownload, try await isOfOther(before, than: incarnation, member) {
        return .notDue
      }
      let report = try await transfer(id, incarnation, isFresh: ticket.forceToRedownload, member)
      let now = environment.now()
      switch try await member.registry.change(id, { entry, _ in entry?.finishSync(ticket, at: now) }) {
      case .recorded: return .synced(hasChanged: report.hasChanged, warnings: report.warnings)
      case .syncAgain: return .pendingAgain
      case .stale, nil: return .notDue
      }
    } catch {
      if case .replicable(_, isMissing: true) = Failure(error), try await isWithheld(id, member) { return .notDue }
      return try await end(id, ticket, with: error, member)
    }
  }

  /// Withholds a replicable that the primary reported missing but only does not offer; returns whether it did.
  func isWithheld(_ id: ReplicableID, _ member: Member) async throws -> Bool {
    guard let incarnation = try await member.registry.entry(of: id)?.incarnation else { return false }
    // If the primary does not answer now, the original failure counts.
    guard
      case .notOffered(let reason)? = try? await primary.standing(of: id, incarnation: incarnation, member.kind.name)
    else { return false }
    try await withhold(id, reason, member)
    return true
  }

  /// A withheld replicable may be offered again: an operator who requests work on it gets a current answer.
  func askWhetherOffered(_ id: ReplicableID, _ member: Member) async throws {
    guard try await member.registry.entry(of: id)?.notOffered != nil else { return }
    var postponed: [String] = []
    try await postponing(&postponed) {
      _ = try await exclusively(member) { try await settle(id, incarnation: nil, member) }
    }
  }

  /// A pending entry is pending after a crash as well; any other must not be found verified after a crash although its
  /// copy has changed.
  private func startSync(
    _ id: ReplicableID, isSynced: Bool, at begun: Timestamp, _ member: Member
  ) async throws -> SyncTicket? {
    if isSynced {
      return try await member.registry.change(id) { entry, _ in entry?.startSync(at: begun) }
    }
    return try await member.registry.changeUntilRestart(id) { $0?.startSync(at: begun) }
  }

  /// Returns the incarnation to fetch. Where the ticket has none, the primary's present one, which is recorded before
  /// the fetch.
  private func incarnation(of id: ReplicableID, _ ticket: SyncTicket, _ member: Member) async throws -> Incarnation? {
    if let known = ticket.incarnation { return known }
    switch try await primary.standing(of: id, incarnation: nil, member.kind.name) {
    case .present(let row):
      try await member.registry.change(id) { entry, _ in
        if entry?.incarnation == nil { entry?.incarnation = row.incarnation }
      }
      return row.incarnation
    case .gone, .moved, .notOffered: throw PrimaryAccessError.missing
    case .unknown(let reason): throw PrimaryAccessError.unreadable(reason)
    }
  }

  /// Whether a copy that exists before an entry's first sync is of another incarnation: a crash during a restore left
  /// it without an entry, or the registry was lost. The entry gets an incarnation that no primary has, so that the copy
  /// is replaced like any other, within the removal guard's limits.
  ///
  /// If the primary cannot look up objects (a list, an older version), the copy is assumed to be of its incarnation.
  private func isOfOther(
    _ entry: RegistryEntry, than incarnation: Incarnation?, _ member: Member
  ) async throws -> Bool {
    let id = entry.replicableID
    guard entry.incarnation == nil || entry.lastSuccessAt == nil && !entry.isRestored,
      member.kind.dataType == .repository
    else { return false }
    do throws(StrategyError) {
      let look = try await member.strategy.inspect(id)
      // What is not ours, or damaged, is the sync's to refuse or to put into the trash.
      guard look.isThere, look.isOurs, look.damage.isEmpty else { return false }
    } catch {
      // A root that is empty or cannot be read has no copy; the sync finds out whether it may write there.
      guard error.code == .fileSystem else { throw error }
      return false
    }
    let row: CatalogRow
    switch try await primary.standing(of: id, incarnation: incarnation, member.kind.name) {
    case .present(let present): row = present
    case .moved: throw PrimaryAccessError.replaced
    case .gone, .notOffered: throw PrimaryAccessError.missing
    case .unknown(let reason): throw PrimaryAccessError.unreadable(reason)
    }
    if let incarnation, row.incarnation != incarnation { throw PrimaryAccessError.replaced }
    if let copy = try await copyListing(of: id, member), try await holds(row, copy, member) != false { return false }
    let other = Incarnation(environment.random())
    let fate = try await exclusively(member) {
      try await member.registry.change(id) { entry, _ in entry?.adopt(other) }
      return try await settle(id, incarnation: other, member)
    }
    if fate == .removed { try await recordAnnouncement(id, row.incarnation, row.generation, member) }
    return true
  }

  /// Fetches the primary's content of this incarnation only. A broken connection is retried at once while the primary
  /// answers other requests. Where it does not answer, that error is thrown and counts as the host's failure.
  func transfer(
    _ id: ReplicableID, _ incarnation: Incarnation?, isFresh: Bool, _ member: Member
  ) async throws -> SyncReport {
    let begun = ContinuousClock.now
    var attempt = 1
    while true {
      let broken: StrategyError
      do {
        return try await member.strategy.sync(try await request(id, incarnation, isFresh: isFresh, member))
      } catch let error as StrategyError {
        guard error.disposition != .host else { throw error }
        broken = error
      }
      try await explain(broken, id, incarnation, member)
      guard broken.disposition == .connection, attempt < Self.attempts, .now - begun < Self.timeForAttempts else {
        throw broken
      }
      attempt += 1
    }
  }

  /// - Throws: `replaced` or `missing` where a sync failed because the primary no longer has this incarnation under the
  ///   id; for a broken connection also the error of a primary that does not answer.
  private func explain(
    _ error: StrategyError, _ id: ReplicableID, _ incarnation: Incarnation?, _ member: Member
  ) async throws {
    let standing: ReplicableStatus
    do throws(PrimaryAccessError) {
      standing = try await primary.standing(of: id, incarnation: incarnation, member.kind.name)
    } catch let silence {
      // Any other failure lies in the replicable, whether or not the primary answers now.
      if error.disposition == .connection { throw silence }
      return
    }
    guard let incarnation else { return }
    switch standing {
    case .present(let row) where row.incarnation == incarnation: return
    case .present, .moved: throw PrimaryAccessError.replaced
    case .gone: throw PrimaryAccessError.missing
    case .unknown, .notOffered: return
    }
  }

  private static var attempts: Int { 3 }
  /// A transfer that takes longer to break would only take that long again: it waits for its back-off.
  private static var timeForAttempts: Duration { .seconds(60) }

  private func request(
    _ id: ReplicableID, _ incarnation: Incarnation?, isFresh: Bool, _ member: Member
  ) async throws -> SyncRequest {
    var expected: Checksum?
    // A file's bytes can be checked while they arrive; a repository's refs move between the reading and the listing.
    if member.kind.dataType != .repository,
      case .present(let row) = try await primary.standing(of: id, incarnation: incarnation, member.kind.name)
    {
      if let incarnation, row.incarnation != incarnation { throw PrimaryAccessError.replaced }
      expected = row.reading?.checksum
    }
    let source = try await primary.source(of: id, incarnation: incarnation, member.kind.name)
    return SyncRequest(id: id, incarnation: incarnation, source: source, expected: expected, isFresh: isFresh)
  }

  private func end(
    _ id: ReplicableID, _ ticket: SyncTicket, with error: any Error, _ member: Member
  ) async throws -> SyncResult {
    let failure = Failure(error)
    let now = environment.now()
    let environment = environment
    try await member.registry.change(id) { entry, _ in
      switch failure {
      case .replicable(let message, let isMissing):
        var generator = EnvironmentGenerator(environment: environment)
        entry?.failSync(ticket, message, missingOnPrimary: isMissing, at: now, using: &generator)
      case .pause: entry?.pauseSync(ticket)
      }
    }
    switch failure {
    case .replicable(let message, _): return .failed(message)
    case .pause(let pause): return .paused(pause)
    }
  }
}

/// Whose failure an error is.
enum Failure {
  case replicable(String, isMissing: Bool)
  case pause(Pause)

  init(_ error: any Error) {
    switch error {
    case let error as StrategyError where error.disposition == .host: self = .pause(Pause(error))
    // A broken connection to a host that was probed and answers.
    case let error as StrategyError: self = .replicable(error.message, isMissing: error.code == .missingOnPrimary)
    case PrimaryAccessError.missing: self = .replicable("the primary does not have it", isMissing: true)
    case PrimaryAccessError.unknownKind:
      self = .replicable("the primary does not have this kind", isMissing: true)
    case PrimaryAccessError.replaced:
      self = .replicable(
        "the primary has another incarnation under this id, or this one under another id; the next consistency pass compares them",
        isMissing: false)
    case PrimaryAccessError.unreadable(let reason): self = .replicable(reason, isMissing: false)
    case PrimaryAccessError.paused(let pause): self = .pause(pause)
    case PrimaryAccessError.unavailable(let reason): self = .pause(Pause(.primary, reason))
    case let error as PrimaryAccessError: self = .pause(Pause(.primary, "\(error)"))
    case is CancellationError: self = .pause(Pause(.cancelled, "cancelled"))
    // The remaining errors are of this site's own stores.
    default: self = .pause(Pause(.machine, "\(error)"))
    }
  }
}
