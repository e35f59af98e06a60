package import DurableFiles
package import Replication
internal import StateFiles
package import SystemPackage
internal import TextBytes

/// The entries of one trash: `<root>/.remora-trash/NAME/` with `ticket.json` and the content beside it.
///
/// It is on the file system of the copies, so that content moves there by a rename or a link. An entry is complete when
/// both are there. A crash leaves entries without content, which are not listed; they are emptied by their age, as all
/// others. A ticket is written once, before the content comes, and never changed.
package struct TrashDirectory: Sendable {
  package let path: FilePath
  package let files: any FileSystemPort
  private let contentName: String
  private let permissions: FilePermissions

  package static let name = ".remora-trash"

  /// - Parameters:
  ///   - content: the name of what lies beside each ticket.
  ///   - permissions: of new directories, less the process's umask.
  package init(
    in root: FilePath, content: String, permissions: FilePermissions, through files: any FileSystemPort
  ) {
    path = root.appending(Self.name)
    contentName = content
    self.permissions = permissions
    self.files = files
  }

  /// The name of a new entry, unique by 64 random bits.
  /// - Parameter moment: the time of the entry, first in the name so that names sort by it.
  package static func newName(_ moment: String) -> String { "\(moment)-\(Hex.padded(.random(in: .min ... .max)))" }

  package func directory(of name: String) -> FilePath { path.appending(name) }

  package func content(of name: String) -> FilePath { directory(of: name).appending(contentName) }

  package func ticketFile(of name: String) -> FilePath { directory(of: name).appending("ticket.json") }

  /// Makes an entry with its ticket, before the content comes.
  ///
  /// - Parameters:
  ///   - durably: makes the names of the entry durable. The ticket's own content is durable before.
  ///   - made: the directories that are new, the entry last.
  /// - Throws: what failed; the entry is removed again, as far as that is possible.
  package func make(_ ticket: TrashTicket, durably: (_ made: [FilePath]) throws -> Void) throws {
    let made = try files.makeDirectories(path, permissions: permissions)
    let directory = directory(of: ticket.name)
    try files.makeDirectory(directory, permissions: permissions)
    do {
      let file = try files.create(ticketFile(of: ticket.name), permissions: FilePermissions(rawValue: 0o644))
      try file.write(try StoredTicket.encode(ticket))
      try file.synchronize()
      try file.close()
      try durably(made + [directory])
    } catch {
      drop(ticket.name)
      throw error
    }
  }

  /// Removes an entry whose content has not come, or is still at its old place under another name.
  package func drop(_ name: String) {
    // An entry that cannot be removed is not listed, or is a second name of a file that stays; it is emptied by its age.
    try? files.removeTree(directory(of: name))
  }

  /// The names of the directories in the trash; empty when there is no trash.
  package func names() throws(FileError) -> [String] {
    guard try files.status(of: path) != nil else { return [] }
    return try files.entries(of: path).filter { $0.kind == .directory }.map(\.name.string)
  }

  /// The ticket of an entry; `nil` when the entry has none, or none that this version can read.
  package func ticket(named name: String) throws(FileError) -> TrashTicket? {
    try files.contents(of: ticketFile(of: name), limit: StoredTicket.maximumBytes).flatMap {
      StoredTicket.ticket(decoding: $0, name: name)
    }
  }

  /// When an entry was made: by its ticket, or by the age of its directory when it has no readable one.
  package func since(_ name: String) throws(FileError) -> Timestamp? {
    if let ticket = try ticket(named: name) { return ticket.discardedAt }
    return try files.status(of: directory(of: name)).map { Timestamp(milliseconds: $0.modified.milliseconds) }
  }

  /// The newest first.
  package static func sorted(_ tickets: [TrashTicket]) -> [TrashTicket] {
    tickets.sorted { ($0.discardedAt, $0.name) > ($1.discardedAt, $1.name) }
  }
}

/// `ticket.json` of one entry of a trash: one JSON object on one line.
struct StoredTicket: Codable, Hashable, Sendable {
  /// A longer file is an error.
  static let maximumBytes = 1 << 16

  private var format = 1
  private let replicableID: String
  private let incarnation: String?
  /// RFC 3339, UTC.
  private let discardedAt: String
  private let reason: String

  private enum CodingKeys: String, CodingKey {
    case format
    case replicableID = "replicable_id"
    case incarnation
    case discardedAt = "discarded_at"
    case reason
  }

  private init(_ ticket: TrashTicket) {
    replicableID = ticket.replicableID.text
    incarnation = ticket.incarnation?.description
    discardedAt = ticket.discardedAt.description
    reason = ticket.reason
  }

  static func encode(_ ticket: TrashTicket) throws -> [UInt8] {
    try StateFormat<StoredTicket>.json().encode(StoredTicket(ticket))
  }

  /// - Returns: `nil` for a ticket that is torn, of another version or not Remora's.
  static func ticket(decoding bytes: [UInt8], name: String) -> TrashTicket? {
    guard let stored = StateFormat<StoredTicket>.json().decodeIfUsable(bytes),
      let discardedAt = Timestamp(stored.discardedAt),
      let id = try? ReplicableID(stored.replicableID)  // why it is no id makes no difference
    else { return nil }
    return TrashTicket(
      name: name, replicableID: id, incarnation: stored.incarnation.flatMap(Incarnation.init),
      discardedAt: discardedAt, reason: stored.reason)
  }
}
