internal import DurableFiles
internal import Mirroring
internal import Replication
internal import SystemPackage

extension RepositoryPlace {
  /// Gives a copy another id: one rename, durable on return. A rename that is already done is no error.
  ///
  /// A crash leaves the copy under one of the two ids.
  func rename(_ id: ReplicableID, to newID: ReplicableID, at now: Timestamp) throws {
    let (from, to) = (path(of: id), path(of: newID))
    guard try files.status(of: from) != nil else {
      try clear(id, at: now)
      return removeEmptyParents(of: from)
    }
    guard try files.status(of: to) == nil else {
      throw StrategyError(.occupied, "rename '\(id)' to '\(newID)': something is at '\(to)'")
    }
    try withLock(of: from) {
      try sweep(id, at: now)
      try move(from, to: to)
    }
    removeEmptyParents(of: from)
  }

  /// Moves a copy to the trash; `nil` when there is none.
  ///
  /// The ticket is durable before the copy moves: a crash in between leaves a ticket without a copy, which counts for
  /// nothing.
  func discard(
    _ id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket? {
    let path = path(of: id)
    guard try files.status(of: path) != nil else {
      try clear(id, at: now)
      removeEmptyParents(of: path)
      return nil
    }
    let ticket = try withLock(of: path) {
      try sweep(id, at: now)
      return try putAway(path, of: id, incarnation: incarnation, reason: reason, at: now)
    }
    removeEmptyParents(of: path)
    return ticket
  }

  /// Moves a directory that is, or was, the copy of an id to the trash.
  @discardableResult
  func putAway(
    _ path: FilePath, of id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket {
    let ticket = try trash.makeTicket(of: id, incarnation: incarnation, reason: reason, at: now)
    do {
      try move(path, to: trash.content(of: ticket))
    } catch {
      trash.abandon(ticket)
      throw error
    }
    return ticket
  }

  /// Brings a copy back to its id.
  ///
  /// A crash leaves the copy in the trash or at its id.
  func restore(_ ticket: TrashTicket) throws {
    let path = path(of: ticket.replicableID)
    guard try trash.holds(ticket) else {
      throw StrategyError(.missing, "restore '\(ticket.replicableID)': it is not in the trash any more")
    }
    guard try files.status(of: path) == nil else {
      throw StrategyError(.occupied, "restore '\(ticket.replicableID)': something is at '\(path)'; move it away first")
    }
    try move(trash.content(of: ticket), to: path)
    try trash.remove(ticket.name)
  }

  /// Cleans up leftovers of dead runs beside a copy, or at its former path: a displaced copy is kept, the rest is
  /// removed.
  ///
  /// - Throws: `LockError.held` while a run of another process works on the copy.
  func clear(_ id: ReplicableID, at now: Timestamp) throws {
    guard try CopyLeftovers(beside: path(of: id), through: files).exist else { return }
    try withLock(of: path(of: id)) { try sweep(id, at: now) }
  }

  func sweep(_ id: ReplicableID, at now: Timestamp) throws {
    try CopyLeftovers(beside: path(of: id), through: files).sweep { path in
      try putAway(path, of: id, incarnation: nil, reason: TrashTicket.displaced, at: now)
    }
  }

  /// Renames a directory. The way to its new name is durable before it gets it, else a loss of power could take a new
  /// parent away and the directory with it.
  private func move(_ from: FilePath, to: FilePath) throws {
    try parents.making {
      let parent = to.removingLastComponent()
      let made = try files.makeDirectories(parent)
      do {
        try files.synchronizeParents(of: made)
        try files.rename(from, to: to)
      } catch {
        // The first error is thrown; an empty directory that stays does no harm.
        for directory in made.reversed() { try? files.removeDirectory(directory) }
        throw error
      }
      try files.synchronizeDirectory(parent)
    }
  }

  /// Removes the directories above a copy that is gone, as far as they are empty: the kernel removes no others. The
  /// copy has moved; that a directory stays, because something else has just come into it, does not change that.
  func removeEmptyParents(of path: FilePath) {
    parents.removing {
      var parent = path.removingLastComponent()
      while parent != root, parent.starts(with: root), (try? files.removeDirectory(parent)) != nil {
        parent.removeLastComponent()
      }
    }
  }

  /// Holds the copy's owner lock, so that no run of another process works in a directory that moves.
  func withLock<Answer>(of path: FilePath, _ body: () throws -> Answer) throws -> Answer {
    let own = path.appending("remora")
    // What has no such directory is no copy of ours yet: no run is in it.
    guard try files.status(of: own)?.kind == .directory else { return try body() }
    let lock = try OwnerLock.acquire(path: own.appending("lock"), wait: .zero, isCancelled: { false })
    defer { lock.release() }
    return try body()
  }
}

/// Renames of several copies as one change.
extension RepositoryPlace {
  private var staged: StagedMoves {
    StagedMoves(directory: root.appending(".remora-moves"), files: files)
  }

  /// Gives copies other ids; durable on return. A crash leaves what `unfinishedMoves` completes.
  ///
  /// - Throws: `LockError.held` while another process works on one of them, `StrategyError` of code `occupied` when
  ///   something that does not move stands in the way: then nothing was moved.
  func move(_ moves: [CopyMove], at now: Timestamp) throws {
    let sources = Set(moves.map(\.id))
    for move in moves where !sources.contains(move.newID) {
      // Without a copy at its old id it was moved before, or never fetched.
      guard try files.status(of: path(of: move.id)) != nil else { continue }
      let path = path(of: move.newID)
      guard try files.status(of: path) == nil else {
        throw StrategyError(
          .occupied, "rename '\(move.id)' to '\(move.newID)': something is at '\(path)'; move it away")
      }
      try clear(move.newID, at: now)
    }
    try withLocks(of: moves.map(\.id)[...]) {
      for move in moves { try sweep(move.id, at: now) }
      try staged.begin(moves.map(\.line))
      try carryOut(moves)
    }
  }

  /// Completes the moves of a dead process, and returns them.
  func unfinishedMoves() throws -> [CopyMove] {
    let moves = try staged.lines().map { line in
      guard let move = CopyMove(line: line) else {
        throw StrategyError(
          .broken, "complete the renames of copies below '\(root)': '.remora-moves/moves' has a line that is none",
          disposition: .host)
      }
      return move
    }
    if !moves.isEmpty { try carryOut(moves) }
    return moves
  }

  /// The registry has the new ids.
  func finishMoves() throws { try staged.finish() }

  private func carryOut(_ moves: [CopyMove]) throws {
    try staged.carryOut(moves.map { (path(of: $0.id), path(of: $0.newID)) }) { path, rename in
      try parents.making {
        let made = try files.makeDirectories(path.removingLastComponent())
        try files.synchronizeParents(of: made)
        try rename()
      }
    }
    for move in moves { removeEmptyParents(of: path(of: move.id)) }
  }

  /// Holds the owner locks of all copies: no run of another process works in a directory that moves.
  private func withLocks(of ids: ArraySlice<ReplicableID>, _ body: () throws -> Void) throws {
    guard let first = ids.first else { return try body() }
    try withLock(of: path(of: first)) { try withLocks(of: ids.dropFirst(), body) }
  }
}
