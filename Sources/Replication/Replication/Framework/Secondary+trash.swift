extension Secondary {
  /// Returns the tickets in a kind's trash, the newest first.
  public func trash(_ name: ReplicableName) async throws -> [TrashTicket] {
    try await table.member(name).strategy.trash()
  }

  /// Restores a copy and tracks it again: pending, so that it is synced and verified like any other. If the primary
  /// does not have it, it is missing there, and its removal waits for a confirmation. If the primary has another
  /// incarnation in its place, the restored copy returns to the trash and that one is fetched.
  ///
  /// Its entry is marked as a waiting removal until the copy is restored: a crash in between leaves that mark, with or
  /// without the copy, and no job writes there. The next pass withdraws that where the primary has this incarnation;
  /// else it waits for a confirmation.
  ///
  /// A copy whose incarnation the trash does not record gets one that no primary has. The primary's replicable under
  /// the id then replaces it, or proves to be the same.
  /// - Throws: `StrategyError` of code `occupied` when another incarnation is tracked under the id, or may be: the two
  ///   must not be mixed; of code `busy` while a job of the id runs.
  public func restore(_ ticket: TrashTicket, _ name: ReplicableName) async throws {
    let member = try table.member(name)
    try await exclusively(member) { try await restore(ticket, member) }
  }

  private func restore(_ ticket: TrashTicket, _ member: Member) async throws {
    let id = ticket.replicableID
    let incarnation = ticket.incarnation ?? Incarnation(environment.random())
    if let known = try await member.registry.entry(of: id)?.incarnation, known != incarnation {
      throw StrategyError(
        .occupied,
        "restore '\(id)': another one with that id is replicated here now; take what is needed out of the trash by hand"
      )
    }
    let now = environment.now()
    let isTracked = try await member.registry.change(id) { entry, make in
      let isTracked = entry != nil
      if entry == nil { entry = make(id, at: now, incarnation: incarnation) }
      // Announced without an incarnation: the restored copy determines it.
      if entry?.incarnation == nil { entry?.incarnation = incarnation }
      entry?.holdForRemoval(isReplaced: false, at: now)
      return isTracked
    }
    do {
      // A job that begins now finds the mark.
      guard await !member.jobs.running.contains(id) else {
        throw StrategyError(
          .busy, "restore '\(id)': a job works on what has that id now; wait until it has ended, and run again")
      }
      try await member.strategy.restore(ticket)
    } catch {
      try await member.registry.change(id) { entry, _ in
        if isTracked { entry?.withdrawRemoval() } else { entry = nil }
      }
      throw error
    }
    try await member.registry.change(id) { entry, _ in
      entry?.withdrawRemoval()
      entry?.markRestored()
    }
  }

  /// Deletes copies that were in the trash for `age`, and copies that a fresh download displaced after `displacedAge`;
  /// returns how many.
  ///
  /// - Throws: the first failure, after the other kinds were processed as well.
  @discardableResult public func emptyTrash(olderThan age: Duration, displacedAge: Duration) async throws -> Int {
    var count = 0
    let now = environment.now()
    var failure: (any Error)?
    for member in table.all {
      do {
        count += try await member.strategy.emptyTrash(before: now - age, displacedBefore: now - displacedAge)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return count
  }
}
