internal import Replication

/// A ticket as its file says it.
struct StoredTicket: Codable {
  var format = 1
  let replicableID: String
  let incarnation: String?
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

  func ticket(named name: String) -> TrashTicket? {
    guard format == 1, let moment = Timestamp(discardedAt), let id = try? ReplicableID(replicableID) else {
      return nil  // what is wrong with it is not worth more than "not a ticket"
    }
    return TrashTicket(
      name: name, replicableID: id, incarnation: incarnation.flatMap(Incarnation.init), discardedAt: moment,
      reason: reason)
  }
}
