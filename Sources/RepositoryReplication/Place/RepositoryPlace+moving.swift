internal import DurableFiles
internal import Replication
internal import SystemPackage

extension RepositoryPlace {
  /// Gives a copy another id: one rename, durable on return. What is already done is no error.
  ///
  /// A crash leaves the copy under one of the two ids.
  func rename(_ id: ReplicableID, to newID: ReplicableID) throws {
    let (from, to) = (path(of: id), path(of: newID))
    guard try files.status(of: from) != nil else { return }
    guard try files.status(of: to) == nil else {
      throw StrategyError(.occupied, "rename '\(id)' to '\(newID)': something is at '\(to)'")
    }
    try withLock(of: from) { try move(from, to: to) }
  }

  /// Moves a copy to the trash; `nil` when there is none.
  ///
  /// The ticket is durable before the copy moves: a crash in between leaves a ticket without a copy, which counts for nothing.
  func discard(
    _ id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket? {
    let path = path(of: id)
    guard try files.status(of: path) != nil else { return nil }
    return try withLock(of: path) {
      try putAway(path, of: id, incarnation: incarnation, reason: reason, at: now)
    }
  }

  /// Moves a directory that is, or was, the copy of an id to the trash.
  @discardableResult
  func putAway(
    _ path: FilePath, of id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket {
    let ticket = try trash.makeTicket(of: id, incarnation: incarnation, reason: reason, at: now)
    try move(path, to: trash.content(of: ticket))
    return ticket
  }

  /// Brings a copy back to its id.
  func restore(_ ticket: TrashTicket) throws {
    let path = path(of: ticket.replicableID)
    guard try files.status(of: path) == nil else {
      throw StrategyError(.occupied, "restore '\(ticket.replicableID)': something is at '\(path)'; move it away first")
    }
    guard try files.status(of: trash.content(of: ticket)) != nil else {
      throw StrategyError(.missing, "restore '\(ticket.replicableID)': it is not in the trash any more")
    }
    try move(trash.content(of: ticket), to: path)
    try trash.remove(ticket)
  }

  /// Renames a directory, with its new name durable before its old one is forgotten, and removes the parents that it leaves empty.
  private func move(_ from: FilePath, to: FilePath) throws {
    let (newParent, oldParent) = (to.removingLastComponent(), from.removingLastComponent())
    let made = try files.makeDirectories(newParent)
    try files.rename(from, to: to)
    try files.synchronizeDirectory(newParent)
    try files.synchronizeParents(of: made)
    if newParent != oldParent { try files.synchronizeDirectory(oldParent) }
    var parent = oldParent
    while parent != root, parent.starts(with: root), try files.entries(of: parent).isEmpty {
      try files.removeDirectory(parent)
      parent.removeLastComponent()
    }
  }

  /// Holds the copy's owner lock, so that no run of another process works in a directory that moves.
  private func withLock<Answer>(of path: FilePath, _ body: () throws -> Answer) throws -> Answer {
    let own = path.appending("remora")
    // What has no such directory is no copy of ours yet: nobody runs in it.
    guard try files.status(of: own)?.kind == .directory else { return try body() }
    let lock = try OwnerLock.acquire(path: own.appending("lock"), wait: .zero, isCancelled: { false })
    defer { lock.release() }
    return try body()
  }
}
