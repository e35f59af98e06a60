internal import Replication

/// Lists for people: any order, filter and direction, a page at a time.
extension FlatTable<EntryRow> {
  /// The rows of a page, and whether there are more in the direction in which it was taken.
  func part(_ query: RegistryQuery) -> (rows: [EntryRow], hasMore: Bool) {
    let question = query.order.question
    let isDescending = query.isDescending != query.isBackwards
    let start = query.position.map { position in
      // Of an entry that is gone the equal ones are shown once more rather than passed over.
      let slot = slot(of: position.id.text)
      return IndexKey(question: question, order: position.order, slot: slot ?? (isDescending ? .max : 0))
    }
    var rows: [EntryRow] = []
    let limit = max(1, query.limit)
    let take = { (row: EntryRow) -> Bool in
      if query.fits(row.state, row.verificationState, row.key) { rows.append(row) }
      return rows.count <= limit
    }
    if let candidates = candidates(query) {
      let keys = candidates.compactMap { key(at: $0, question) }.filter { key in
        start.map { isDescending ? key < $0 : $0 < key } ?? true
      }
      for key in keys.sorted(by: isDescending ? { $1 < $0 } : { $0 < $1 }) {
        guard let row = row(at: key.slot), take(row) else { break }
      }
    } else if isDescending {
      walkDown(question, before: start, take)
    } else {
      walkUp(question, after: start, take)
    }
    let hasMore = rows.count > limit
    if hasMore { rows.removeLast() }
    return (query.isBackwards ? rows.reversed() : rows, hasMore)
  }

  /// How many rows fit. Known for one state; for what is rare, counted from the index; else every row is looked at.
  func count(_ query: RegistryQuery) -> Int {
    if query.ids == nil, query.prefix == nil {
      switch (query.state, query.verificationState) {
      case (nil, nil): return count
      case (let state?, nil): return counts[EntryRow.counter(state)]
      case (nil, let state?): return counts[EntryRow.counter(state)]
      case (_?, _?): break
      }
    }
    var found = 0
    let look = { (row: EntryRow) -> Bool in
      if query.fits(row.state, row.verificationState, row.key) { found += 1 }
      return true
    }
    if let candidates = candidates(query) {
      for slot in candidates { if let row = row(at: slot) { _ = look(row) } }
    } else {
      walkUp(.number, after: nil, look)
    }
    return found
  }

  /// Fewer than these are sorted for each page; of more, enough fit for a walk through the order to find a page soon.
  private static var few: Int { 10_000 }

  /// Every row that can fit, where the index knows that they are few; `nil` where it does not.
  private func candidates(_ query: RegistryQuery) -> Set<UInt32>? {
    if let ids = query.ids { return Set(ids.compactMap { slot(of: $0.text) }) }
    if let prefix = query.prefix, !prefix.isEmpty, let found = slots(prefix) { return found }
    let unsynced = (pending: counts[0], started: counts[1], failed: counts[3])
    switch query.state {
    case .pending? where unsynced.pending < Self.few: return slots([.pending])
    case .failed? where unsynced.failed < Self.few: return slots([.failed])
    case .started? where unsynced.started < Self.few: return slots([.started])
    case .pending?, .failed?, .started?, .synced?, nil: break
    }
    // An entry that is not synced is under none of the questions of verifications.
    guard unsynced.pending + unsynced.started + unsynced.failed < Self.few,
      let verification = query.verificationState, counts[EntryRow.counter(verification)] < Self.few
    else { return nil }
    switch verification {
    case .pending: return slots([.verificationPending, .pending, .started, .failed])
    case .failed: return slots([.verificationFailed, .pending, .started, .failed])
    case .started: return slots([.started])
    case .succeeded: return slots([.verified])
    case .disabled: return nil
    }
  }

  private func slots(_ questions: [IndexKey.Question]) -> Set<UInt32> {
    var found: Set<UInt32> = []
    for question in questions { answerSlots(question) { found.insert($0) } }
    return found
  }

  /// The rows whose keys begin so; `nil` for too many.
  private func slots(_ prefix: String) -> Set<UInt32>? {
    let rows = window(from: prefix, limit: Self.few) { $0.key.utf8.starts(with: prefix.utf8) }
    return rows.count < Self.few ? Set(rows.compactMap { slot(of: $0.key) }) : nil
  }

  private func key(at slot: UInt32, _ question: IndexKey.Question) -> IndexKey? {
    row(at: slot)?.indexKeys.first { $0.question == question }.map {
      IndexKey(question: question, order: $0.order, slot: slot)
    }
  }
}

extension RegistryQuery.Order {
  fileprivate var question: IndexKey.Question {
    switch self {
    case .id: .number
    case .lastSyncedAt: .lastSynced
    case .verifiedAt: .lastVerified
    }
  }
}
