package import AgentAPI
internal import Replication
internal import RepositoryReplication
internal import SiteAssembly
internal import SystemPackage
internal import WorkerPool

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

extension Agent {
  /// Returns a page of a list, with the total number of matches.
  ///
  /// - Throws: `AgentFault` 400 for unknown words.
  package func list(_ listing: RegistryListing, of name: String) async throws -> RegistryPage {
    let kind = try kind(name).name
    switch site {
    case .primary:
      _ = try Self.ordering(listing.sort)
      guard listing.sort == "id_asc", listing.before == nil else {
        throw AgentFault(
          409, "wrong_role", "sort the states of '\(name)', or go back in them: a primary lists by id, and forward",
          hint: "ask without 'sort' and 'before'")
      }
      return try await registry(
        of: name, after: listing.after, limit: listing.limit, state: listing.state,
        verificationState: listing.verificationState, prefix: listing.prefix)
    case .secondary(let site):
      let registry = try site.secondary.registry(of: kind)
      let query = try Self.query(listing)
      let part = try await registry.part(query)
      var page = RegistryPage(entries: part.entries.map { RegistryRow($0, of: kind) }, next: nil)
      page.count = try await registry.count(query)
      let (first, last) = (part.entries.first, part.entries.last)
      if let last, !query.isBackwards ? part.hasMore : listing.before != nil {
        page.next = Self.cursor(query.position(of: last))
      }
      if let first, query.isBackwards ? part.hasMore : listing.after != nil {
        page.previous = Self.cursor(query.position(of: first))
      }
      return page
    }
  }

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

  private static func cursor(_ position: RegistryQuery.Position) -> String { "\(position.order):\(position.id.text)" }

  /// - Throws: `AgentFault` 400 for an unknown word.
  private static func ordering(_ sort: String) throws(AgentFault) -> (RegistryQuery.Order, isDescending: Bool) {
    for (suffix, isDescending) in [("_asc", false), ("_desc", true)] where sort.hasSuffix(suffix) {
      if let order = RegistryQuery.Order(rawValue: String(sort.dropLast(suffix.count))) { return (order, isDescending) }
    }
    throw AgentFault(
      400, "invalid_request",
      "sort by '\(sort.prefix(40))': it is none of \(RegistryListing.sorts.joined(separator: ", "))")
  }

  private static func query(_ listing: RegistryListing) throws -> RegistryQuery {
    let (order, isDescending) = try ordering(listing.sort)
    guard listing.after == nil || listing.before == nil else {
      throw AgentFault(409, "two_places", "list what is after one place and before another: give one of them")
    }
    var query = RegistryQuery(order: order, isDescending: isDescending, limit: max(1, min(listing.limit, 10_000)))
    query.state = try listing.state.map(syncState)
    query.verificationState = try listing.verificationState.map(verificationState)
    query.prefix = listing.prefix
    // An invalid id is in no list.
    query.ids = listing.modelRecordIDs.map { Set($0.compactMap { try? ReplicableID($0) }) }
    query.isBackwards = listing.before != nil || listing.isFromEnd
    query.position = try (listing.after ?? listing.before).map(position)
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

  /// The entry with a number; `nil` where there is none.
  package func entry(number: UInt64, of name: String) async throws -> RegistryRow? {
    guard case .secondary(let site) = site else { return nil }
    let kind = try kind(name).name
    var query = RegistryQuery(limit: 2)
    // The position of the preceding number may be repeated.
    guard number > 0, let order = Int64(exactly: number) else { return nil }
    query.position = RegistryQuery.Position(order: order - 1, id: try ReplicableID("~"))
    let entries = try await site.secondary.registry(of: kind).part(query).entries
    return entries.first { $0.id == number }.map { RegistryRow($0, of: kind) }
  }

  /// Returns one replicable's recent transitions, the newest first.
  package func transitions(of name: String, id: String, limit: Int = 50) async throws -> TransitionPage {
    TransitionPage(
      transitions: try await transitions.last(limit, of: try kind(name).name, try ReplicableID(id)))
  }

  /// Returns a listener for transitions from now on, or after an event's id; `nil` when there are too many listeners.
  package func listen(after id: String?) -> TransitionListener? { transitions.listen(after: id) }

  /// The last day, by minutes.
  package func trends() -> TrendPage { trend.page }

  /// Returns the ref changes of a copy, the newest first.
  ///
  /// - Throws: `AgentFault` 404 for an id that is not tracked, 409 for a kind without refs, or without a copy yet.
  package func history(of name: String, id: String, limit: Int = 100) async throws -> HistoryPage {
    _ = try secondarySite(for: "tell the history of '\(id.prefix(200))'")
    guard try kind(name).dataType == .repository else {
      throw AgentFault(409, "no_refs", "tell the history of '\(id.prefix(200))': a file has no refs")
    }
    let found = try await content(of: name, id: id, as: .repository)
    let path = found.location
    return try await state.storage.run { _ in
      guard let history = try RefHistory(of: path, limit: limit) else {
        throw AgentFault(
          409, "no_copy", "tell the history of '\(id.prefix(200))': there is no copy of it yet",
          hint: "'\(OperatorCommand.explain(name, id))' says why")
      }
      return HistoryPage(
        changes: history.changes.map { HistoryRow(at: $0.at, ref: $0.ref, old: $0.old, new: $0.new) },
        damagedLines: history.damagedLines, hasMore: history.hasMore, path: path.string)
    }
  }
}
