import DurableFiles
package import Replication
import SystemPackage
import WorkerPool

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
