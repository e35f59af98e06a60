internal import DurableFiles
internal import Foundation
internal import Mirroring
internal import Replication
internal import SystemPackage

/// Copies that were put away: `<root>/.remora-trash/NAME/ticket.json` and beside it the copy, `repository.git`.
///
/// On the file system of the copies, so that a copy moves there by one rename. Emptied by age only. A directory without a copy in
/// it, which a crash may leave, is not listed, and goes when its time comes.
package struct RepositoryTrash: Sendable {
  let root: FilePath
  let files: any FileSystemPort

  var directory: FilePath { root.appending(Self.name) }
  static let name = ".remora-trash"

  /// Where the copy of a ticket lies.
  func content(of ticket: TrashTicket) -> FilePath { directory(of: ticket).appending("repository.git") }

  private func directory(of ticket: TrashTicket) -> FilePath { directory.appending(ticket.name) }
  private func file(of name: String) -> FilePath { directory.appending(name).appending("ticket.json") }

  /// Makes the directory for a copy, with its ticket, durable on return.
  func makeTicket(
    of id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket {
    // The time first, so that names sort by it; the rest keeps two of one millisecond apart.
    let name = "\(now.milliseconds)-\(FixedHex.text(UInt64.random(in: 0 ... .max)))"
    let ticket = TrashTicket(
      name: name, replicableID: id, incarnation: incarnation, discardedAt: now, reason: reason)
    let made = try files.makeDirectories(directory(of: ticket))
    let stored = StoredTicket(ticket)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try files.replaceFile(
      file(of: name), with: Array(try encoder.encode(stored)) + [UInt8(ascii: "\n")],
      permissions: .ownerReadWriteGroupOtherRead)
    try files.synchronizeParents(of: made)
    return ticket
  }

  /// What lies here, the newest first.
  /// - Throws: `StrategyError` for a ticket that cannot be read: its copy is there and must not be overlooked.
  func tickets() throws -> [TrashTicket] {
    try all().filter { try files.status(of: content(of: $0)) != nil }
      .sorted { ($0.discardedAt, $0.name) > ($1.discardedAt, $1.name) }
  }

  private func all() throws -> [TrashTicket] {
    guard try files.status(of: directory) != nil else { return [] }
    return try files.entries(of: directory).compactMap { entry in
      guard entry.kind == .directory,
        let bytes = try files.contents(of: file(of: entry.name.string), limit: 1 << 16)
      else { return nil }
      guard let stored = try? JSONDecoder().decode(StoredTicket.self, from: Data(bytes)),  // its reason says no more
        let ticket = stored.ticket(named: entry.name.string)
      else {
        throw StrategyError(
          .broken, "read '\(file(of: entry.name.string))': not a ticket; mend it, or move its directory away",
          disposition: .host)
      }
      return ticket
    }
  }

  /// Removes for good what was put here before `moment`; returns how many copies.
  func empty(before moment: Timestamp) throws -> Int {
    var count = 0
    for ticket in try all() where ticket.discardedAt < moment {
      if try files.status(of: content(of: ticket)) != nil { count += 1 }
      try remove(ticket)
    }
    return count
  }

  func remove(_ ticket: TrashTicket) throws { try files.removeTree(directory(of: ticket)) }
}

/// A ticket as its file says it.
private struct StoredTicket: Codable {
  var format = 1
  var replicable_id: String
  var incarnation: String?
  var discarded_at: String
  var reason: String

  init(_ ticket: TrashTicket) {
    replicable_id = ticket.replicableID.text
    incarnation = ticket.incarnation?.description
    discarded_at = ticket.discardedAt.description
    reason = ticket.reason
  }

  func ticket(named name: String) -> TrashTicket? {
    guard format == 1, let moment = Timestamp(discarded_at), let id = try? ReplicableID(replicable_id) else {
      return nil  // what is wrong with it is not worth more than "not a ticket"
    }
    return TrashTicket(
      name: name, replicableID: id, incarnation: incarnation.flatMap(Incarnation.init), discardedAt: moment,
      reason: reason)
  }
}
