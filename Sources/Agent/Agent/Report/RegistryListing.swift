package import AgentAPI
internal import Replication

/// The parameters of a registry listing.
package struct RegistryListing: Hashable, Sendable {
  /// `id_asc`, `id_desc`, `last_synced_at_asc` …; on a primary only `id_asc`, which is by the ids' text there.
  package var sort = "id_asc"
  /// Only entries in this sync state.
  package var state: String?
  /// Only entries in this verification state.
  package var verificationState: String?
  /// Only entries whose ids have this prefix.
  package var prefix: String?
  /// Only those with these ids of replicables.
  package var modelRecordIDs: [String]?
  /// After this position: a page's `next`.
  package var after: String?
  /// Before this position: a page's `previous`.
  package var before: String?
  /// From the end of the list.
  package var isFromEnd = false
  /// 1 to 10,000.
  package var limit = 20

  /// All, from the beginning.
  package init() {}

  /// All words that `sort` may be.
  package static let sorts = RegistryQuery.Order.allCases.flatMap { ["\($0.rawValue)_asc", "\($0.rawValue)_desc"] }
}

extension RegistryListing {
  /// Returns an entry's position in a list, for `after` and `before`.
  package static func cursor(of row: RegistryRow, sort: String) -> String? {
    guard let (order, _) = try? ordering(sort), let id = try? ReplicableID(row.modelRecordId) else { return nil }
    let place: Int64 =
      switch order {
      case .id: Int64(clamping: row.id)
      case .lastSyncedAt: row.lastSyncedAt.flatMap { Timestamp($0)?.milliseconds } ?? .min
      case .verifiedAt: row.verifiedAt.flatMap { Timestamp($0)?.milliseconds } ?? .min
      }
    return cursor(RegistryQuery.Position(order: place, id: id))
  }

  static func cursor(_ position: RegistryQuery.Position) -> String { "\(position.order):\(position.id.text)" }

  /// - Throws: `AgentFault` 400 for an unknown word.
  func ordering() throws(AgentFault) -> (RegistryQuery.Order, isDescending: Bool) { try Self.ordering(sort) }

  private static func ordering(_ sort: String) throws(AgentFault) -> (RegistryQuery.Order, isDescending: Bool) {
    for (suffix, isDescending) in [("_asc", false), ("_desc", true)] where sort.hasSuffix(suffix) {
      if let order = RegistryQuery.Order(rawValue: String(sort.dropLast(suffix.count))) { return (order, isDescending) }
    }
    throw AgentFault(
      400, "invalid_request",
      "sort by '\(sort.prefix(40))': it is none of \(RegistryListing.sorts.joined(separator: ", "))")
  }

  /// Returns the query of a registry.
  ///
  /// - Throws: `AgentFault` 400 for unknown words, 404 for a position that no page has, 409 for two positions.
  func query() throws -> RegistryQuery {
    let (order, isDescending) = try ordering()
    guard after == nil || before == nil else {
      throw AgentFault(409, "two_places", "list what is after one place and before another: give one of them")
    }
    var query = RegistryQuery(order: order, isDescending: isDescending, limit: max(1, min(limit, 10_000)))
    query.state = try state.map(StateFilter.syncState)
    query.verificationState = try verificationState.map(StateFilter.verificationState)
    query.prefix = prefix
    // An invalid id is in no list.
    query.ids = modelRecordIDs.map { Set($0.compactMap { try? ReplicableID($0) }) }
    query.isBackwards = before != nil || isFromEnd
    query.position = try (after ?? before).map(Self.position)
    return query
  }

  private static func position(_ cursor: String) throws -> RegistryQuery.Position {
    let parts = cursor.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let order = Int64(parts[0]), let id = try? ReplicableID(String(parts[1])) else {
      throw AgentFault(
        404, "unknown_place", "go on at '\(cursor.prefix(40))': no page said so", hint: "begin at the first page")
    }
    return RegistryQuery.Position(order: order, id: id)
  }
}

/// The states by which a part of a registry is selected, as they were sent.
struct StateFilter: Sendable {
  /// Only entries in this sync state; on a primary in this state of their checksums.
  var state: String?
  /// Only entries in this verification state.
  var verificationState: String?

  /// - Throws: `AgentFault` 400 for an unknown state, 409 for one that only verifications have.
  static func syncState(_ word: String) throws(AgentFault) -> SyncState {
    guard let state = SyncState(rawValue: word) else {
      throw noState(word, isOther: VerificationState(rawValue: word) != nil)
    }
    return state
  }

  /// The same of verifications.
  static func verificationState(_ word: String) throws(AgentFault) -> VerificationState {
    guard let state = VerificationState(rawValue: word) else {
      throw noState(word, isOther: SyncState(rawValue: word) != nil)
    }
    return state
  }

  private static func noState(_ word: String, isOther: Bool) -> AgentFault {
    isOther
      ? AgentFault(409, "wrong_state", "list what stands at '\(word)': syncs and verifications have different states")
      : AgentFault(400, "invalid_request", "list entries in the state '\(word.prefix(40))': there is no such state")
  }
}
