extension Secondary {
  /// What lies in a kind's trash, the newest first.
  public func trash(_ name: ReplicableName) async throws -> [TrashTicket] {
    try await table.member(name).strategy.trash()
  }

  /// Brings a copy back and tracks it again: pending, so that it is synced and verified as any other. Should the primary not have
  /// it, it is missing there and stays until the next consistency pass.
  ///
  /// The copy first: a crash in between leaves a copy without an entry, and the next pass makes that.
  public func restore(_ ticket: TrashTicket, _ name: ReplicableName) async throws {
    let member = try table.member(name)
    try await member.strategy.restore(ticket)
    let now = environment.now()
    try await member.registry.change(ticket.replicableID) { entry, make in
      if entry == nil { entry = make(ticket.replicableID, at: now, incarnation: ticket.incarnation) }
    }
  }

  /// Removes for good what has lain in the trash for `age`; returns how many.
  @discardableResult public func emptyTrash(olderThan age: Duration) async throws -> Int {
    var count = 0
    for member in table.all { count += try await member.strategy.emptyTrash(before: environment.now() - age) }
    return count
  }
}
