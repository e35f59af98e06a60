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
  package static let sorts = RegistrySort.words
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

/// Reads a page of a registry, or of a primary's states, in the order of ids, in a time independent of their number.
struct RegistryWalk {
  /// The id after which the page starts.
  let start: ReplicableID?
  /// The maximum of rows; 1 or more.
  let limit: Int
  /// Only rows whose ids have this prefix.
  let prefix: String?

  /// Up to this number, rows that match by state are sorted for each page; with more, a walk finds a page soon.
  static let few = 10_000
  /// Maximum rows that are examined for one page: some milliseconds.
  private static let mostLooks = 20_000
  private static let windowSize = 1_000

  /// Returns the matching rows after the start, up to the limit, and the position from which there may be more.
  ///
  /// - Parameters:
  ///   - few: all rows that `fits`, where they are few.
  ///   - window: rows in the order of ids, after one.
  func rows<Row>(
    _ few: [Row]?, by id: (Row) -> ReplicableID, window: (ReplicableID?, Int) async throws -> [Row],
    where fits: (Row) -> Bool
  ) async throws -> (rows: [Row], next: ReplicableID?) {
    if let few {
      let behind = few.filter { row in id(row).begins(with: prefix) && start.map { $0 < id(row) } ?? true }
      let page = Array(behind.sorted { id($0) < id($1) }.prefix(limit))
      return (page, behind.count > limit ? page.last.map(id) : nil)
    }
    var (rows, last, looks) = ([Row](), first, 0)
    while looks < Self.mostLooks {
      let part = try await window(last, Self.windowSize)
      for row in part {
        last = id(row)
        if id(row).begins(with: prefix) {
          if fits(row) { rows.append(row) }
        } else if let prefix, prefix.utf8.lexicographicallyPrecedes(id(row).text.utf8) {
          return (rows, nil)
        }
        if rows.count == limit { return (rows, last) }
      }
      guard part.count == Self.windowSize else { return (rows, nil) }
      looks += Self.windowSize
      try Task.checkCancellation()
    }
    return (rows, last)
  }

  /// The start of the walk: directly before the ids with the prefix. It is the prefix with its last character replaced
  /// by the preceding one, followed by the last character of all.
  private var first: ReplicableID? {
    guard let prefix, start.map({ $0.text.utf8.lexicographicallyPrecedes(prefix.utf8) }) ?? true else { return start }
    var scalars = String.UnicodeScalarView(prefix.unicodeScalars)
    guard let end = scalars.popLast(), end.value > 0, let previous = Unicode.Scalar(end.value - 1) else { return start }
    scalars.append(previous)
    // An invalid id starts at the beginning.
    return (try? ReplicableID(String(scalars) + "\u{10ffff}")) ?? start
  }
}

extension RegistryWalk {
  /// - Throws: `ReplicationError` for an invalid id.
  init(after id: String?, limit: Int, prefix: String?) throws {
    self.init(start: try id.map { try ReplicableID($0) }, limit: max(1, min(limit, 10_000)), prefix: prefix)
  }
}

extension ReplicableID {
  fileprivate func begins(with prefix: String?) -> Bool {
    prefix.map { text.utf8.starts(with: $0.utf8) } ?? true
  }
}
