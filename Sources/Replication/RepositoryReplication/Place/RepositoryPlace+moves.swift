internal import DurableFiles
internal import Mirroring
internal import Replication
internal import SystemPackage

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
