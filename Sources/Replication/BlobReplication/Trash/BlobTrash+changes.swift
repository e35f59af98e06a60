import DurableFiles
import Replication
import SystemPackage
import WorkerPool

extension BlobTrash {
  /// Gives the file its old name again and lets the entry go. The name comes first: after a crash in between the file
  /// is in both places, and restoring again completes it.
  func restore(_ ticket: TrashTicket, _ directories: DirectoryKeeper, cancellation: CancellationFlag) throws {
    let operation = "restore '\(ticket.replicableID)'"
    guard Self.isName(ticket.name), try self.ticket(named: ticket.name)?.replicableID == ticket.replicableID,
      try place.files.status(of: content(of: ticket))?.kind == .regular
    else {
      throw StrategyError(
        .missing, trying: operation, "the trash has no such entry", hint: "list the trash again")
    }
    let target = place.path(of: ticket.replicableID)
    if try place.requireRoom(for: ticket.replicableID, trying: operation) == nil {
      try directories.withParents(of: target, in: place) { try place.files.link(content(of: ticket), to: target) }
    } else if try !place.isSame(content(of: ticket), target, cancellation: cancellation) {
      throw place.occupied(target, "another file stands there", operation)
    }
    try place.synchronizeWay(to: target)
    try remove(ticket.name)
    try place.files.synchronizeDirectory(place.trash)
  }

  /// Removes for good what lies here since before `moment`; returns how many complete entries that were.
  ///
  /// By age alone. An entry without a readable note has the age of its directory.
  func empty(before moment: Timestamp, isCancelled: () throws -> Void) throws -> Int {
    var count = 0
    for name in try entryNames() {
      try isCancelled()
      let directory = place.trash.appending(name)
      let ticket = try ticket(named: name)
      guard let since = try ticket?.discardedAt ?? age(of: directory), since < moment else { continue }
      let isComplete = try ticket != nil && place.files.status(of: directory.appending(Self.content)) != nil
      try remove(name)
      if isComplete { count += 1 }
    }
    return count
  }

  /// The note goes last: a half-removed entry keeps its date.
  private func remove(_ name: String) throws {
    let directory = place.trash.appending(name)
    try place.removeIfThere(directory.appending(Self.content))
    try place.files.removeTree(directory)
  }

  private func age(of path: FilePath) throws -> Timestamp? {
    try place.files.status(of: path).map { Timestamp($0.modified) }
  }
}
