/// Moves or removes a copy and its entry when the primary has its incarnation under another id, or no longer.
///
/// Everything here runs in the kind's turn (`exclusively`): the consumer and the consistency pass must not move or
/// count the same copies at the same time.
extension Secondary {
  /// The result of settling an entry.
  enum Fate: Hashable, Sendable {
    /// It is where it was, of the incarnation that the primary has.
    case kept
    /// Its copy continues as the primary's new incarnation.
    case adopted
    /// It has another id.
    case moved
    /// Its copy is in the trash, its entry is gone.
    case removed
    /// Its removal waits for a confirmation, or for another removal.
    case waits
  }

  /// Runs moves and removals of a kind's copies one at a time, after completing the unfinished moves of a dead process.
  func exclusively<Answer: Sendable>(
    _ member: Member, _ body: @Sendable () async throws -> Answer
  ) async throws -> Answer {
    try await member.turns.run {
      try await completeMoves(member)
      return try await body()
    }
  }

  /// Completes moves that a dead process has begun: the directories first, then the entries.
  func completeMoves(_ member: Member) async throws {
    let moves = try await member.strategy.unfinishedMoves()
    if !moves.isEmpty { try await record(moves, member) }
  }

  /// Asks the primary for the status of an entry's incarnation, and acts on it: moves the copy, removes it, or requests
  /// a sync.
  ///
  /// - Parameter incarnation: the expected one; an entry of another one is not settled.
  @discardableResult func settle(
    _ id: ReplicableID, incarnation: Incarnation?, _ member: Member
  ) async throws -> Fate {
    guard let entry = try await member.registry.entry(of: id) else { return .removed }
    if let incarnation, let known = entry.incarnation, known != incarnation { return .kept }
    switch try await standing(of: entry, member) {
    case .present(let row) where entry.incarnation == nil || row.incarnation == entry.incarnation:
      try await member.removals.withdraw(id)
      try await recordAnnouncement(id, row.incarnation, row.generation, member)
      return .kept
    case .present(let row): return try await replace(entry, by: row, member)
    case .moved(let row): return try await follow(entry, to: row, member)
    case .gone: return try await discard(entry, member)
    case .notOffered(let reason):
      // Its copy keeps the id until the primary offers another one under it.
      guard try await isSucceeded(entry, member) else {
        try await withhold(id, reason, member)
        return .kept
      }
      return try await discard(entry, isReplaced: true, member)
    case .unknown: return .kept
    }
  }

  /// Moves a copy to the id of its incarnation on the primary. Until that is possible it does not count as equal to the
  /// replicable that has its id there.
  private func follow(_ entry: RegistryEntry, to row: CatalogRow, _ member: Member) async throws -> Fate {
    let fate: Fate
    do { fate = try await relocate(entry, to: row, member) } catch {
      try await reopen(entry, member)
      throw error
    }
    if fate == .waits { try await reopen(entry, member) }
    return fate
  }

  /// Makes a synced entry pending, unless it has another incarnation by now.
  private func reopen(_ entry: RegistryEntry, _ member: Member) async throws {
    try await member.registry.change(entry.replicableID) { now, _ in
      guard now?.incarnation == entry.incarnation, now?.removalWaitingSince == nil else { return }
      if now?.state == .synced { now?.resync() }
    }
  }

  /// Whether the primary offers another incarnation under the id of one that it does not offer: the latter was renamed
  /// to an id that the rules exclude.
  private func isSucceeded(_ entry: RegistryEntry, _ member: Member) async throws -> Bool {
    guard
      case .present(let row) = try await primary.standing(of: entry.replicableID, incarnation: nil, member.kind.name)
    else { return false }
    return row.id == entry.replicableID && entry.incarnation.map { $0 != row.incarnation } ?? false
  }

  /// Records that the primary does not offer a replicable: the copy stays, and is neither synced nor verified until it
  /// does.
  func withhold(_ id: ReplicableID, _ reason: NotOffered, _ member: Member) async throws {
    let now = environment.now()
    try await member.removals.withdraw(id)
    try await member.registry.change(id) { entry, _ in entry?.withhold(reason, at: now) }
  }

  /// - Throws: `UnknownReplicable` where the primary cannot determine it, or gives a contradictory answer.
  private func standing(of entry: RegistryEntry, _ member: Member) async throws -> ReplicableStatus {
    let id = entry.replicableID
    let standing = try await primary.standing(of: id, incarnation: entry.incarnation, member.kind.name)
    switch standing {
    case .unknown(let reason): throw UnknownReplicable(reason: "ask what became of '\(id)': \(reason)")
    case .present(let row) where row.id != id:
      throw UnknownReplicable(reason: "ask what became of '\(id)': the primary answered for '\(row.id)'")
    case .moved(let row) where row.id == id || row.incarnation != entry.incarnation:
      throw UnknownReplicable(reason: "ask what became of '\(id)': the primary answered for another incarnation")
    case .present, .moved, .gone, .notOffered: return standing
    }
  }

  private func discard(
    _ entry: RegistryEntry, isReplaced: Bool = false, _ member: Member
  ) async throws -> Fate {
    let now = environment.now()
    let isRemoved = try await member.removals.remove(entry.replicableID, isReplaced: isReplaced, at: now)
    return isRemoved ? .removed : .waits
  }

  /// The primary has another incarnation under the entry's id. A primary that lost its states assigns new incarnations
  /// to all replicables: a copy that proves to be of the new one continues as that.
  private func replace(_ entry: RegistryEntry, by row: CatalogRow, _ member: Member) async throws -> Fate {
    guard try await isProven(entry, to: row, member) else { return try await discard(entry, isReplaced: true, member) }
    try await member.registry.change(entry.replicableID) { [environment] entry, _ in
      entry?.adopt(row.incarnation)
      _ = entry?.announce(row.generation, incarnation: row.incarnation, at: environment.now())
    }
    try await member.removals.withdraw(entry.replicableID)
    return .adopted
  }

  /// Whether a copy is of the primary's new incarnation (product contract § 3): the checksums are equal, or every tip
  /// of the copy is an object of the primary's repository. Always false where that incarnation has a copy of its own.
  private func isProven(_ entry: RegistryEntry, to row: CatalogRow, _ member: Member) async throws -> Bool {
    if try await member.registry.entry(of: row.incarnation) != nil { return false }
    guard let copy = try await copyListing(of: entry.replicableID, member) else { return false }
    if let holds = try await holds(row, copy, member) { return holds }
    let (id, name) = (row.id, member.kind.name)
    do {
      return try await primary.listing(of: id, incarnation: row.incarnation, name).checksum == copy.checksum
    } catch PrimaryAccessError.unavailable(let reason) {
      throw PrimaryAccessError.unavailable(reason)
    } catch {
      throw UnknownReplicable(reason: "compare the copy of '\(id)' with the primary: \(error)")
    }
  }

  /// Whether the primary's incarnation holds the content of a copy: the checksums are equal, or every tip of the copy
  /// is an object of it. `nil` when the primary cannot look up tips.
  func holds(_ row: CatalogRow, _ copy: ContentListing, _ member: Member) async throws -> Bool? {
    guard let checksum = copy.checksum else { return false }
    if row.reading?.checksum == checksum { return true }
    guard member.kind.dataType == .repository else { return nil }
    return try await primary.holds(
      member.strategy.marks(of: copy), row.id, incarnation: row.incarnation, member.kind.name)
  }

  /// Returns the content of a copy; `nil` where there is none, or one that cannot be read: that proves nothing.
  func copyListing(of id: ReplicableID, _ member: Member) async throws -> ContentListing? {
    do {
      return try await member.strategy.listing(of: id)
    } catch {
      guard error.disposition == .replicable else { throw error }
      return nil
    }
  }

  /// Gives a copy and its entry the id that its incarnation has on the primary, after moving the copies that have that
  /// id now: a chain, or a cycle. A copy that the primary no longer has is removed within the removal guard's limits;
  /// otherwise the whole chain stays where it is.
  private func relocate(_ entry: RegistryEntry, to row: CatalogRow, _ member: Member) async throws -> Fate {
    guard member.selection.selects(row.id) else { return try await discard(entry, member) }
    var moves = [CopyMove(id: entry.replicableID, newID: row.id, incarnation: row.incarnation)]
    while let last = moves.last, let occupant = try await member.registry.entry(of: last.newID),
      occupant.replicableID != moves[0].id
    {
      if moves.contains(where: { $0.id == occupant.replicableID }) {
        throw UnknownReplicable(reason: "rename '\(last.id)' to '\(last.newID)': the primary has two with that id")
      }
      if occupant.incarnation == last.incarnation {
        // It is there already: an event and a consistency pass have both created an entry. This one is a duplicate.
        guard let extra = try await member.registry.entry(of: last.id) else { return .removed }
        let fate = try await discard(extra, member)
        moves.removeLast()
        guard fate == .removed, !moves.isEmpty else { return fate }
        continue
      }
      switch try await standing(of: occupant, member) {
      case .present(let row) where row.incarnation == occupant.incarnation:
        throw UnknownReplicable(reason: "rename '\(last.id)' to '\(last.newID)': the primary has two with that id")
      case .moved(let row) where member.selection.selects(row.id):
        moves.append(CopyMove(id: occupant.replicableID, newID: row.id, incarnation: row.incarnation))
      case .moved, .gone: guard try await discard(occupant, member) == .removed else { return .waits }
      // A replicable that is not offered has freed the id for the next one.
      case .present, .notOffered:
        guard try await discard(occupant, isReplaced: true, member) == .removed else { return .waits }
      case .unknown: return .waits
      }
    }
    try await move(moves, member)
    return .moved
  }

  /// - Throws: `StrategyError` of code `busy` while a job works on one of them: the next pass moves them.
  private func move(_ moves: [CopyMove], _ member: Member) async throws {
    let running = Set(await member.jobs.running)
    for move in moves where running.contains(move.id) || running.contains(move.newID) {
      throw StrategyError(
        .busy, "rename '\(move.id)' to '\(move.newID)': a job works on it; the next consistency pass renames it",
        disposition: .host)
    }
    for move in moves { try await member.removals.withdraw(move.id) }
    try await member.strategy.move(moves)
    try await record(moves, member)
  }

  /// Records in the entries that the copies have their new ids, and that no job runs on them any more.
  private func record(_ moves: [CopyMove], _ member: Member) async throws {
    try await member.registry.rename(moves)
    try await member.strategy.finishMoves()
    try await member.registry.changeAll(moves.map(\.newID)) { _, entry, _ in entry?.recoverAfterRestart() }
  }
}

/// The primary answered, but could not determine the status of one replicable.
struct UnknownReplicable: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}
