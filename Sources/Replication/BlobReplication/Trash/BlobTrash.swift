import DurableFiles
import Replication
import SystemPackage
import TextBytes

/// The trash of one root: `.remora-trash/NAME/` with `ticket.json` and the file as `content`, on the file system of
/// the copies.
///
/// An entry is complete when both are there; a crash leaves entries without `content`, which are not listed and are
/// emptied by their age. A file gets into the trash by a rename or a second name (hard link), never by being copied,
/// so a file system without hard links cannot displace, rename or restore.
struct BlobTrash {
  let place: BlobPlace

  static let content = "content"
  static let note = "ticket.json"
  /// The reason of tickets of removed files.
  static let deleted = "deleted"

  /// Makes an entry for a file that is about to come; it is durable, so that the file cannot come into an entry that
  /// is lost.
  func prepare(
    _ id: ReplicableID, incarnation: Incarnation?, reason: String, at now: Timestamp
  ) throws -> TrashTicket {
    try requireOwnDirectory()
    let name = Self.name(at: now)
    let ticket = TrashTicket(
      name: name, replicableID: id, incarnation: incarnation, discardedAt: now, reason: reason)
    let directory = place.trash.appending(name)
    try place.files.makeDirectories(place.trash, permissions: Self.permissions)
    try place.files.makeDirectory(directory, permissions: Self.permissions)
    do {
      let note = try place.files.create(directory.appending(Self.note), permissions: BlobPlace.filePermissions)
      try note.write(try TrashNote(ticket).encoded())
      try note.synchronize()
      try note.close()
      try place.files.synchronizeDirectory(place.root)
      try place.files.synchronizeDirectory(place.trash)
    } catch {
      abandon(ticket)
      throw error
    }
    return ticket
  }

  /// Moves a file into its entry.
  func move(_ path: FilePath, into ticket: TrashTicket) throws {
    let directory = place.trash.appending(ticket.name)
    do {
      // The name of the note: a file in an entry without one would not be listed.
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
      try place.files.synchronizeDirectory(place.trash.appending(ticket.name))
    } catch {
      abandon(ticket)
      throw error
    }
  }

  /// Takes back an entry whose file has not come, or is still where it was.
  func abandon(_ ticket: TrashTicket) {
    // What cannot be removed is not listed, or is one name more of a file that stays; it is emptied by its age.
    try? place.files.removeTree(place.trash.appending(ticket.name))
  }

  /// What is complete, the newest first.
  func tickets() throws -> [TrashTicket] {
    var found: [TrashTicket] = []
    for name in try entryNames() {
      let directory = place.trash.appending(name)
      guard try place.files.status(of: directory.appending(Self.content))?.kind == .regular,
        let ticket = try ticket(named: name)
      else { continue }
      found.append(ticket)
    }
    return found.sorted { ($0.discardedAt, $0.name) > ($1.discardedAt, $1.name) }
  }

  /// What an entry's note says; `nil` without a readable one.
  func ticket(named name: String) throws -> TrashTicket? {
    let path = place.trash.appending(name).appending(Self.note)
    guard let bytes = try place.files.contents(of: path, limit: TrashNote.maximumBytes) else { return nil }
    return TrashNote.ticket(decoding: bytes, name: name)
  }

  func content(of ticket: TrashTicket) -> FilePath { place.trash.appending(ticket.name).appending(Self.content) }

  /// The directories of the trash that are ours; empty when there is no trash.
  func entryNames() throws -> [String] {
    guard try requireOwnDirectory() else { return [] }
    return try place.files.entries(of: place.trash).filter { $0.kind == .directory }.map(\.name.string)
      .filter(Self.isName)
  }

  /// - Returns: whether there is a trash.
  /// - Throws: when a link or a file has its name.
  @discardableResult
  private func requireOwnDirectory() throws -> Bool {
    try place.requireRoot()
    guard let status = try place.files.status(of: place.trash) else { return false }
    guard status.kind == .directory else {
      throw place.occupied(place.trash, "no directory stands there", "use the trash")
    }
    return true
  }

  /// Of the trash's directories: what was deleted need not be readable for more than its owner.
  private static let permissions = FilePermissions(rawValue: 0o700)

  // MARK: Names

  /// `20261123T004500123Z-` and 16 random hexadecimal digits: sorted by time, one of its kind.
  private static func name(at now: Timestamp) -> String {
    now.description.filter { $0 != "-" && $0 != ":" && $0 != "." } + "-" + Hex.padded(.random(in: .min ... .max))
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
