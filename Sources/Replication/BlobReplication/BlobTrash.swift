internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes
internal import Trash
internal import WorkerPool

/// The trash of one root: `.remora-trash/NAME/` with `ticket.json` and the file as `content`.
///
/// A file gets into the trash by a rename or a second name (hard link), never by being copied, so a file system without
/// hard links cannot displace, rename or restore. An entry without a readable ticket is not listed, and emptied by the
/// age of its directory.
struct BlobTrash {
  let place: BlobPlace

  /// The reason of tickets of removed files.
  static let deleted = "deleted"

  /// Only the owner needs to read deleted files.
  var entries: TrashDirectory {
    TrashDirectory(
      in: place.root, content: "content", permissions: FilePermissions(rawValue: 0o700), through: place.files)
  }

  /// Makes an entry for a file that is about to come; its directory is durable, so that the file cannot come into an
  /// entry that is lost. The name of the ticket becomes durable when the file comes.
  func prepare(
    _ id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket {
    try requireOwnDirectory()
    let ticket = TrashTicket(
      name: Self.name(at: now), replicableID: id, incarnation: incarnation, discardedAt: now, reason: reason)
    try entries.make(ticket) { _ in
      try place.files.synchronizeDirectory(place.root)
      try place.files.synchronizeDirectory(entries.path)
    }
    return ticket
  }

  /// Moves a file into its entry.
  func move(_ path: FilePath, into ticket: TrashTicket) throws {
    let directory = entries.directory(of: ticket.name)
    do {
      // The name of the ticket: a file in an entry without one would not be listed.
      try place.files.synchronizeDirectory(directory)
      try place.files.rename(path, to: content(of: ticket))
    } catch {
      abandon(ticket)
      throw error
    }
    try place.files.synchronizeDirectory(directory)
  }

  /// Gives a file a second name in its entry, which keeps its bytes when the first one gets others.
  func link(_ path: FilePath, into ticket: TrashTicket) throws {
    do {
      try place.files.link(path, to: content(of: ticket))
      try place.files.synchronizeDirectory(entries.directory(of: ticket.name))
    } catch {
      abandon(ticket)
      throw error
    }
  }

  /// Takes back an entry whose file has not come, or is still where it was.
  func abandon(_ ticket: TrashTicket) { entries.drop(ticket.name) }

  /// Returns the complete tickets, the newest first.
  func tickets() throws -> [TrashTicket] {
    TrashDirectory.sorted(
      try entryNames().compactMap { name in
        guard try place.files.status(of: entries.content(of: name))?.kind == .regular else { return nil }
        return try entries.ticket(named: name)
      })
  }

  func content(of ticket: TrashTicket) -> FilePath { entries.content(of: ticket.name) }

  /// The directories of the trash that are ours; empty when there is no trash.
  func entryNames() throws -> [String] {
    guard try requireOwnDirectory() else { return [] }
    return try entries.names().filter(Self.isName)
  }

  /// - Returns: whether there is a trash.
  /// - Throws: when a link or a file has its name.
  @discardableResult
  private func requireOwnDirectory() throws -> Bool {
    try place.requireRoot()
    guard let status = try place.files.status(of: entries.path) else { return false }
    guard status.kind == .directory else {
      throw place.occupied(entries.path, "no directory stands there", "use the trash")
    }
    return true
  }

  // MARK: Names

  /// `20261123T004500123Z-` and 16 random hexadecimal digits: sorted by time, one of its kind.
  private static func name(at now: Timestamp) -> String {
    TrashDirectory.newName(now.description.filter { $0 != "-" && $0 != ":" && $0 != "." })
  }

  /// A ticket may come from outside: its name must not lead anywhere else.
  static func isName(_ name: String) -> Bool {
    let halves = name.split(separator: "-", omittingEmptySubsequences: false)
    guard halves.count == 2, Hex.number(String(halves[1])) != nil, halves[0].utf8.count == 19 else { return false }
    return halves[0].utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "T") || byte == UInt8(ascii: "Z")
    }
  }
}

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

/// Removes parts that are not continued: those of replicables that were renamed or excluded while a transfer was
/// broken off. (A sync removes or uses the parts of its own replicable, and so does a discard.)
struct LeftoverSweep {
  let place: BlobPlace

  /// Walks the whole root. What cannot be listed or removed is left for the next time.
  func run(before moment: Timestamp, isCancelled: () throws -> Void) throws {
    var open = [place.root]
    while let directory = open.popLast() {
      try isCancelled()
      // Unreadable, or removed meanwhile: there is nothing to sweep that could be reached.
      guard let entries = try? place.files.entries(of: directory) else { continue }
      for entry in entries {
        let path = directory.appending(entry.name)
        let name = entry.name.string
        if entry.kind == .directory {
          if !name.hasPrefix(BlobPlace.ownPrefix) { open.append(path) }
        } else if entry.kind == .regular, PartFile.isOne(name), let status = try? place.files.status(of: path),
          Timestamp(status.modified) < moment, Timestamp(status.changed) < moment
        {
          // Taken by another process meanwhile, or not ours to remove: as above.
          try? place.files.unlink(path)
        }
      }
    }
  }
}
