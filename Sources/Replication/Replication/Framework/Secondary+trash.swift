extension Secondary {
  /// What lies in a kind's trash, the newest first.
  public func trash(_ name: ReplicableName) async throws -> [TrashTicket] {
    try await table.member(name).strategy.trash()
  }

  /// Brings a copy back and tracks it again: pending, so that it is synced and verified as any other. Should the primary not have
  /// it, it is missing there, and its removal waits for a confirmation. Should the primary have another incarnation in its place by
  /// then, the restored one goes back to the trash and that one is fetched.
  ///
  /// The copy first: a crash in between leaves a copy without an entry, and the next pass makes that.
  /// - Throws: `StrategyError` of code `occupied` when another incarnation is tracked under the id: the two must not be mixed.
  public func restore(_ ticket: TrashTicket, _ name: ReplicableName) async throws {
    let member = try table.member(name)
    try await exclusively(member) { try await restore(ticket, member) }
  }

  private func restore(_ ticket: TrashTicket, _ member: Member) async throws {
    let id = ticket.replicableID
    if let known = try await member.registry.entry(of: id)?.incarnation, let other = ticket.incarnation, known != other
    {
      throw StrategyError(
        .occupied,
        "restore '\(id)': another one with that id is replicated here now; take what is needed out of the trash by hand"
      )
    }
    try await member.strategy.restore(ticket)
    let now = environment.now()
    try await member.registry.change(id) { entry, make in
      if entry == nil { entry = make(id, at: now, incarnation: ticket.incarnation) }
      entry?.markRestored()
    }
  }

  /// Removes for good what has lain in the trash for `age`, of copies that a fresh download displaced for `displacedAge`; returns
  /// how many.
  ///
  /// - Throws: the first failure, after the other kinds were looked at as well.
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
