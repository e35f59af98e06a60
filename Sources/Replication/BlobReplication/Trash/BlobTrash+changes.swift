import DurableFiles
import Replication
import Trash
import WorkerPool

extension BlobTrash {
  /// Gives the file its old name again and lets the entry go. The name comes first: after a crash in between the file
  /// is in both places, and restoring again completes it.
  func restore(_ ticket: TrashTicket, _ directories: DirectoryKeeper, cancellation: CancellationFlag) throws {
    let operation = "restore '\(ticket.replicableID)'"
    guard Self.isName(ticket.name), try entries.ticket(named: ticket.name)?.replicableID == ticket.replicableID,
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
    try place.files.synchronizeDirectory(entries.path)
  }

  /// Deletes entries from before `moment`; returns the number of complete ones.
  ///
  /// By age alone. An entry without a readable ticket has the age of its directory.
  func empty(before moment: Timestamp, isCancelled: () throws -> Void) throws -> Int {
    var count = 0
    for name in try entryNames() {
      try isCancelled()
      guard let since = try entries.since(name), since < moment else { continue }
      let isComplete =
        try entries.ticket(named: name) != nil && place.files.status(of: entries.content(of: name)) != nil
      try remove(name)
      if isComplete { count += 1 }
    }
    return count
  }

  /// The ticket goes last: a half-removed entry keeps its date.
  private func remove(_ name: String) throws {
    try place.removeIfThere(entries.content(of: name))
    try place.files.removeTree(entries.directory(of: name))
  }
}
