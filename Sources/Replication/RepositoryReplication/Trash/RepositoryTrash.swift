internal import DurableFiles
internal import Foundation
internal import Mirroring
internal import Replication
internal import SystemPackage
internal import TextBytes

/// Copies that were put away: `<root>/.remora-trash/NAME/ticket.json` and beside it the copy, `repository.git`.
///
/// On the file system of the copies, so that a copy moves there by one rename. Emptied by age only. A copy that goes for good
/// is first called `removing`, so that half of one is never restored; its ticket goes last. What a crash leaves without a copy
/// is not listed, and goes when its time comes: by its ticket, or where it has none by the age of its directory.
package struct RepositoryTrash: Sendable {
  let root: FilePath
  let files: any FileSystemPort

  var directory: FilePath { root.appending(Self.name) }
  static let name = ".remora-trash"

  /// Where the copy of a ticket lies.
  func content(of ticket: TrashTicket) -> FilePath { content(of: ticket.name) }

  private func content(of name: String) -> FilePath { directory.appending(name).appending("repository.git") }
  private func removed(of name: String) -> FilePath { directory.appending(name).appending("removing") }
  private func file(of name: String) -> FilePath { directory.appending(name).appending("ticket.json") }

  /// Makes the directory for a copy, with its ticket, durable on return.
  func makeTicket(
    of id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket {
    // The time first, so that names sort by it; the rest keeps two of one millisecond apart.
    let name = "\(now.milliseconds)-\(Hex.padded(UInt64.random(in: 0 ... .max)))"
    let ticket = TrashTicket(
      name: name, replicableID: id, incarnation: incarnation, discardedAt: now, reason: reason)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes = Array(try encoder.encode(StoredTicket(ticket))) + [UInt8(ascii: "\n")]
    let made = try files.makeDirectories(directory.appending(name))
    do {
      try files.replaceFile(file(of: name), with: bytes, permissions: .ownerReadWriteGroupOtherRead)
      try files.synchronizeParents(of: made)
    } catch {
      abandon(ticket)
      throw error
    }
    return ticket
  }

  /// Takes back a ticket whose copy has not come. One that has, though its coming could not be made durable, stays.
  func abandon(_ ticket: TrashTicket) {
    do {
      guard try files.status(of: content(of: ticket)) == nil else { return }
      try files.removeTree(directory.appending(ticket.name))
    } catch {
      // Not known whether it has come: then it may have. What cannot be removed is not listed, and goes by its age.
    }
  }

  /// What lies here, the newest first.
  /// - Throws: `StrategyError` for a ticket that cannot be read: its copy is there and must not be overlooked.
  func tickets() throws -> [TrashTicket] {
    try names().filter { try files.status(of: content(of: $0)) != nil }.map(ticket(named:))
      .sorted { ($0.discardedAt, $0.name) > ($1.discardedAt, $1.name) }
  }

  /// Whether the copy of a ticket, which may come from outside, lies here.
  func holds(_ ticket: TrashTicket) throws -> Bool {
    guard try names().contains(ticket.name), try files.status(of: content(of: ticket)) != nil else { return false }
    return try self.ticket(named: ticket.name).replicableID == ticket.replicableID
  }

  private func names() throws -> [String] {
    guard try files.status(of: directory) != nil else { return [] }
    return try files.entries(of: directory).filter { $0.kind == .directory }.map(\.name.string)
  }

  private func ticket(named name: String) throws -> TrashTicket {
    let path = file(of: name)
    guard let bytes = try files.contents(of: path, limit: 1 << 16),
      let stored = try? JSONDecoder().decode(StoredTicket.self, from: Data(bytes)),  // its reason says no more
      let ticket = stored.ticket(named: name)
    else {
      throw StrategyError(
        .broken, "read '\(path)': not a ticket; mend it, or move its directory away", disposition: .host)
    }
    return ticket
  }

  /// Removes for good what was put here before `moment`, and displaced copies that were before `displacedMoment`; returns how many
  /// copies.
  ///
  /// - Throws: for a copy without a readable ticket, after all others were looked at: its time is unknown.
  func empty(before moment: Timestamp, displacedBefore displacedMoment: Timestamp) throws -> Int {
    var count = 0
    var failure: (any Error)?
    for name in try names() {
      do {
        let isCopy = try files.status(of: content(of: name)) != nil
        if isCopy {
          let ticket = try ticket(named: name)
          let isDisplaced = ticket.reason == TrashTicket.displaced
          guard ticket.discardedAt < (isDisplaced ? displacedMoment : moment) else { continue }
        } else {
          guard let since = try age(of: name), since < moment else { continue }
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

  /// Of what has no copy any more: since when it may go.
  private func age(of name: String) throws -> Timestamp? {
    guard try files.status(of: file(of: name)) == nil else { return try ticket(named: name).discardedAt }
    return try files.status(of: directory.appending(name)).map { Timestamp(milliseconds: $0.modified.milliseconds) }
  }

  /// Removes one for good, or what a restored one leaves.
  func remove(_ name: String) throws {
    if try files.status(of: content(of: name)) != nil {
      try files.rename(content(of: name), to: removed(of: name))
      try files.synchronizeDirectory(directory.appending(name))
    }
    try files.removeTree(removed(of: name))
    try files.removeTree(directory.appending(name))
  }
}
