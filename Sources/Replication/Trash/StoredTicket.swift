internal import Replication
internal import StateFiles

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
