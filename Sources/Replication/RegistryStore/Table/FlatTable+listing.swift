internal import Replication

/// Lists entries a page at a time, in any order, filter and direction.
extension FlatTable<EntryRow> {
  /// Returns the rows of a page, and whether there are more in its direction.
  func part(_ query: RegistryQuery) -> (rows: [EntryRow], hasMore: Bool) {
    let isDescending = query.isDescending != query.isBackwards
    var rows: [EntryRow] = []
    let limit = max(1, query.limit)
    if let candidates = candidates(query) {
      let keys = candidates.compactMap { key(at: $0, query) }.filter { key in
        start(query, isDescending, key.list).map { isDescending ? key < $0 : $0 < key } ?? true
      }
      for key in keys.sorted(by: { Self.precedes($0, $1, isDescending) }).prefix(limit + 1) {
        if let row = row(at: key.slot) { rows.append(row) }
      }
    } else {
      walk(query, isDescending) { row in
        if query.fits(row.state, row.verificationState, row.key) { rows.append(row) }
        return rows.count <= limit
      }
    }
    let hasMore = rows.count > limit
    if hasMore { rows.removeLast() }
    return (query.isBackwards ? rows.reversed() : rows, hasMore)
  }

  /// Returns how many rows match. If many ids have the query's prefix, all of them are examined.
  func count(_ query: RegistryQuery) -> Int {
    if let candidates = candidates(query) { return candidates.count }
    guard query.prefix?.isEmpty == false else {
      return ListIndex.combinations(of: query).reduce(0) { $0 + counts[ListIndex.counter($1)] }
    }
    var found = 0
    walk(query, false) { row in
      if query.fits(row.state, row.verificationState, row.key) { found += 1 }
      return true
    }
    return found
  }

  /// Iterates over rows that match by state, in order from the query's position on: the heads of the lists of all
  /// combinations, merged.
  private func walk(_ query: RegistryQuery, _ isDescending: Bool, _ body: (EntryRow) -> Bool) {
    func step(_ list: UInt8, _ key: IndexKey?) -> IndexKey? {
      isDescending ? previous(in: list, before: key) : next(in: list, after: key)
    }
    var heads = ListIndex.combinations(of: query).compactMap { combination -> IndexKey? in
      let list = ListIndex.list(query.order, combination)
      return step(list, start(query, isDescending, list))
    }
    while let best = heads.indices.min(by: { Self.precedes(heads[$0], heads[$1], isDescending) }) {
      let key = heads[best]
      guard let row = row(at: key.slot), body(row) else { return }
      if let following = step(key.list, key) { heads[best] = following } else { heads.remove(at: best) }
    }
  }

  /// Compares order and slot, regardless of the list.
  private static func precedes(_ left: IndexKey, _ right: IndexKey, _ isDescending: Bool) -> Bool {
    isDescending
      ? (right.order, right.slot) < (left.order, left.slot) : (left.order, left.slot) < (right.order, right.slot)
  }

  /// Returns where a list continues. If the position's entry is gone, equal entries are repeated rather than skipped.
  private func start(_ query: RegistryQuery, _ isDescending: Bool, _ list: UInt8) -> IndexKey? {
    query.position.map { position in
      let slot = slot(of: position.id.text) ?? (isDescending ? .max : 0)
      return IndexKey(list: list, order: position.order, slot: slot)
    }
  }

  /// Fewer candidates than this are sorted for each page; with more, a walk through the order finds a page soon.
  private static var few: Int { 10_000 }

  /// Returns all matching rows, if ids or the prefix select only few; otherwise `nil`.
  private func candidates(_ query: RegistryQuery) -> [UInt32]? {
    var rows: [EntryRow]
    if let ids = query.ids {
      rows = ids.compactMap { row($0.text) }
    } else if let prefix = query.prefix, !prefix.isEmpty {
      rows = window(from: prefix, limit: Self.few) { $0.key.utf8.starts(with: prefix.utf8) }
      guard rows.count < Self.few else { return nil }
    } else {
      return nil
    }
    rows.removeAll { !query.fits($0.state, $0.verificationState, $0.key) }
    return rows.compactMap { slot(of: $0.key) }
  }

  private func key(at slot: UInt32, _ query: RegistryQuery) -> IndexKey? {
    row(at: slot).map { row in
      let list = ListIndex.list(query.order, ListIndex.combination(row.state, row.verificationState))
      return IndexKey(list: list, order: ListIndex.order(of: row, query.order), slot: slot)
    }
  }
}
