internal import DurableFiles
package import Replication
internal import SystemPackage
internal import WorkerPool

/// Renames of several files as one change: chains, circles, whole directories.
extension BlobStrategy {
  private var staged: StagedMoves {
    StagedMoves(directory: place.root.appending(".remora-moves"), files: place.files)
  }

  package func move(_ moves: [CopyMove]) async throws(StrategyError) {
    try await onWorker("rename \(moves.count) files below '\(place.root)'") { [self] _ in
      let sources = Set(moves.map(\.id))
      for move in moves where !sources.contains(move.newID) {
        // Without a copy at its old id it was moved before, or never fetched.
        guard case .file = try place.standing(of: move.id) else { continue }
        let operation = "rename '\(move.id)' to '\(move.newID)'"
        switch try place.standing(of: move.newID) {
        case .nothing, .directory: break
        case .file, .foreign: throw place.occupied(place.path(of: move.newID), "something else stands there", operation)
        // A file that itself moves away may be on the way.
        case .blocked(let path, let kind):
          guard kind == .regular, sources.contains(where: { place.path(of: $0) == path }) else {
            throw place.occupied(path, "something else lies on the way", operation)
          }
        }
      }
      try staged.begin(moves.map(\.line))
      try carryOut(moves)
    }
  }

  package func unfinishedMoves() async throws(StrategyError) -> [CopyMove] {
    try await onWorker("complete the renames of files below '\(place.root)'") { [self] _ in
      let moves = try staged.lines().map { line in
        guard let move = CopyMove(line: line) else {
          throw StrategyError(
            .broken, trying: "complete the renames of files below '\(place.root)'",
            "'.remora-moves/moves' has a line that is none", disposition: .host)
        }
        return move
      }
      if !moves.isEmpty { try carryOut(moves) }
      return moves
    }
  }

  package func finishMoves() async throws(StrategyError) {
    try await onWorker("complete the renames of files below '\(place.root)'") { [self] _ in try staged.finish() }
  }

  private func carryOut(_ moves: [CopyMove]) throws {
    try staged.carryOut(moves.map { (place.path(of: $0.id), place.path(of: $0.newID)) }) { path, rename in
      // A directory that files have left stands where a file is to be: the kernel removes it only if it is empty.
      if try place.files.status(of: path)?.kind == .directory { try place.files.removeDirectory(path) }
      try directories.withParents(of: path, in: place, rename)
      try place.synchronizeWay(to: path)
    }
    for move in moves { tidy(move.id) }
  }
}

extension BlobStrategy {
  /// After a crash at any line the file has the old name, both, or the new one; calling again completes it.
  package func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    let operation = "rename '\(id)' to '\(newID)'"
    try await onWorker(operation) { [self] cancellation in
      guard id != newID else { return }
      let (path, newPath) = (place.path(of: id), place.path(of: newID))
      let new = try place.requireRoom(for: newID, trying: operation)
      guard case .file = try place.standing(of: id) else {
        guard new != nil else {
          throw StrategyError(.missing, trying: operation, "there is no such copy")
        }
        try place.synchronizeWay(to: newPath)
        return
      }
      if new == nil {
        // A link and not a rename: it never replaces what came meanwhile.
        try directories.withParents(of: newPath, in: place) { try place.files.link(path, to: newPath) }
      } else if try !place.isSame(path, newPath, cancellation: cancellation) {
        throw place.occupied(newPath, "another file stands there", operation)
      }
      try place.synchronizeWay(to: newPath)
      try place.files.unlink(path)
      try place.files.synchronizeDirectory(path.removingLastComponent())
      tidy(id)
    }
  }

  package func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? {
    try await onWorker("discard '\(id)'") { [self] _ in
      var ticket: TrashTicket?
      // Anything but a regular file is no copy of Remora's, and stays.
      if case .file = try place.standing(of: id) {
        let trash = BlobTrash(place: place)
        let prepared = try trash.prepare(id, incarnation: entry?.incarnation, reason: BlobTrash.deleted, at: now)
        try trash.move(place.path(of: id), into: prepared)
        ticket = prepared
      }
      tidy(id)
      return ticket
    }
  }

  package func trash() async throws(StrategyError) -> [TrashTicket] {
    try await onWorker("list the trash of '\(place.root)'") { [self] _ in try BlobTrash(place: place).tickets() }
  }

  package func restore(_ ticket: TrashTicket) async throws(StrategyError) {
    try await onWorker("restore '\(ticket.replicableID)'") { [self] cancellation in
      try BlobTrash(place: place).restore(ticket, directories, cancellation: cancellation)
    }
  }

  package var needsUpkeep: Bool { false }

  package func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    HousekeepingReport()
  }

  package func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport { CheckReport() }

  /// Also removes parts of broken transfers that were not touched since `moment`. Every file goes by one age: what
  /// displaced one was another state of it, and has no history to be looked up in.
  package func emptyTrash(before moment: Timestamp, displacedBefore _: Timestamp) async throws(StrategyError) -> Int {
    try await onWorker("empty the trash of '\(place.root)'") { [self] cancellation in
      let count = try BlobTrash(place: place).empty(before: moment) { try cancellation.check() }
      try LeftoverSweep(place: place).run(before: moment) { try cancellation.check() }
      return count
    }
  }

  /// Removes the leftovers of a removed replicable: a part file, and directories that are empty now.
  func tidy(_ id: ReplicableID) {
    // The file itself is where it should be. What stays is swept by its age, and nothing is removed through a link.
    switch try? place.standing(of: id) {
    case nil, .blocked: return
    case .nothing, .file, .directory, .foreign: break
    }
    try? PartFile(of: id, in: place).remove()
    directories.removeEmptyParents(of: place.path(of: id), in: place)
  }
}
