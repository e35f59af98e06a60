import Foundation
import Replication

/// `ticket.json` of one entry of the trash: one JSON object, written and synchronised before the file comes, never
/// changed.
struct TrashNote: Codable, Hashable {
  /// The one version there is.
  static let currentFormat = 1
  /// Larger files are none of ours.
  static let maximumBytes = 16 << 10

  var format = currentFormat
  let replicableID: String
  let incarnation: String?
  /// RFC 3339, UTC.
  let discardedAt: String
  let reason: String

  enum CodingKeys: String, CodingKey {
    case format
    case replicableID = "replicable_id"
    case incarnation
    case discardedAt = "discarded_at"
    case reason
  }

  init(_ ticket: TrashTicket) {
    replicableID = ticket.replicableID.text
    incarnation = ticket.incarnation?.description
    discardedAt = ticket.discardedAt.description
    reason = ticket.reason
  }

  /// One line.
  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// - Returns: `nil` for what is torn, of another version or none of ours.
  static func ticket(decoding bytes: [UInt8], name: String) -> TrashTicket? {
    // Whatever is wrong with it: it is no ticket, and its entry is emptied by the age of its directory.
    guard let note = try? JSONDecoder().decode(TrashNote.self, from: Data(bytes)), note.format == currentFormat,
      let id = try? ReplicableID(note.replicableID), let discardedAt = Timestamp(note.discardedAt)
    else { return nil }
    return TrashTicket(
      name: name, replicableID: id, incarnation: note.incarnation.flatMap(Incarnation.init),
      discardedAt: discardedAt, reason: note.reason)
  }
}
