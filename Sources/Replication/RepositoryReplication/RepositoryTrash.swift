internal import DurableFiles
internal import Mirroring
internal import Replication
internal import SystemPackage
internal import Trash

/// Copies that were put away: `<root>/.remora-trash/NAME/ticket.json` and beside it the copy, `repository.git`.
///
/// Emptied by age only. A copy that is removed for good is renamed to `removing` first, so that a part of one is never
/// restored; its ticket goes last. A copy without a readable ticket stays, and is an error.
package struct RepositoryTrash: Sendable {
  private let entries: TrashDirectory

  init(root: FilePath, files: any FileSystemPort) {
    entries = TrashDirectory(
      in: root, content: "repository.git", permissions: FilePermissions(rawValue: 0o777), through: files)
  }

  private var files: any FileSystemPort { entries.files }

  /// Where the copy of a ticket lies.
  func content(of ticket: TrashTicket) -> FilePath { entries.content(of: ticket.name) }

  private func removed(of name: String) -> FilePath { entries.directory(of: name).appending("removing") }

  private func hasCopy(_ name: String) throws(FileError) -> Bool {
    try files.status(of: entries.content(of: name)) != nil
  }

  /// Makes the directory for a copy, with its ticket, durable on return.
  func makeTicket(
    of id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket {
    let ticket = TrashTicket(
      name: TrashDirectory.newName("\(now.milliseconds)"), replicableID: id, incarnation: incarnation, discardedAt: now,
      reason: reason)
    try entries.make(ticket) { made in
      try files.synchronizeDirectory(entries.directory(of: ticket.name))
      try files.synchronizeParents(of: made)
    }
    return ticket
  }

  /// Takes back a ticket whose copy has not come. One that has, though its coming could not be made durable, stays.
  func abandon(_ ticket: TrashTicket) {
    do {
      if try !hasCopy(ticket.name) { entries.drop(ticket.name) }
    } catch {
      // Whether it arrived is unknown, so assume that it did.
    }
  }

  /// What lies here, the newest first.
  /// - Throws: `StrategyError` for a ticket that cannot be read: its copy is there and must not be overlooked.
  func tickets() throws -> [TrashTicket] {
    TrashDirectory.sorted(try entries.names().filter { try hasCopy($0) }.map { try ticket(named: $0) })
  }

  /// Whether the copy of a ticket, which may come from outside, lies here.
  func holds(_ ticket: TrashTicket) throws -> Bool {
    guard try entries.names().contains(ticket.name), try hasCopy(ticket.name) else { return false }
    return try self.ticket(named: ticket.name).replicableID == ticket.replicableID
  }

  private func ticket(named name: String) throws -> TrashTicket {
    guard let ticket = try entries.ticket(named: name) else {
      throw StrategyError(
        .broken,
        "read '\(entries.ticketFile(of: name))': not a ticket; mend it, or move its directory away",
        disposition: .host)
    }
    return ticket
  }

  /// Deletes copies that were moved here before `moment`, and displaced ones from before `displacedMoment`; returns how
  /// many copies.
  ///
  /// - Throws: for a copy without a readable ticket, after all others were looked at: its time is unknown.
  func empty(before moment: Timestamp, displacedBefore displacedMoment: Timestamp) throws -> Int {
    var count = 0
    var failure: (any Error)?
    for name in try entries.names() {
      do {
        let isCopy = try hasCopy(name)
        if isCopy {
          let ticket = try ticket(named: name)
          let isDisplaced = ticket.reason == TrashTicket.displaced
          guard ticket.discardedAt < (isDisplaced ? displacedMoment : moment) else { continue }
        } else {
          guard let since = try entries.since(name), since < moment else { continue }
        }
        try remove(name)
        if isCopy { count += 1 }
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return count
  }

  /// Removes one for good, or what a restored one leaves.
  func remove(_ name: String) throws {
    if try hasCopy(name) {
      try files.rename(entries.content(of: name), to: removed(of: name))
      try files.synchronizeDirectory(entries.directory(of: name))
    }
    try files.removeTree(removed(of: name))
    try files.removeTree(entries.directory(of: name))
  }
}
