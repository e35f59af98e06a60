internal import Glibc
internal import Replication

/// The rows of one file in memory, with the index that answers the store's questions in time proportional to the
/// answer.
///
/// A copy is free until one of the two is changed, and then costs one chunk: a document is written from a copy while
/// writers continue.
struct FlatTable<Row: FlatRow>: Sendable {
  private var rows: [[Row?]] = []
  private var free: [UInt32] = []
  private var order = SortedChunks<UInt32>(sorted: [])
  private var index = SortedChunks<IndexKey>(sorted: [])
  private(set) var counts = RowCounts()

  private static var chunk: Int { RowChunks<Row>.size }

  init() {}

  /// Creates a table of rows; of several with one key the last one is used. For opening: sorting once is ten times as
  /// fast as inserting.
  init(_ loaded: RowChunks<Row>) {
    rows = loaded.chunks
    var slots: [UInt32] = []
    for (number, chunk) in rows.enumerated() {
      for place in chunk.indices { slots.append(UInt32(number * Self.chunk + place)) }
    }
    slots.sort { left, right in
      let (a, b) = (key(at: left), key(at: right))
      return Self.same(a, b) ? left < right : Self.precedes(a, b)
    }
    var kept: [UInt32] = []
    kept.reserveCapacity(slots.count)
    for slot in slots {
      if let last = kept.last, Self.same(key(at: last), key(at: slot)) {
        take(last)
        kept.removeLast()
      }
      kept.append(slot)
    }
    order = SortedChunks(sorted: kept)
    var keys: [IndexKey] = []
    for slot in kept {
      guard let row = row(at: slot) else { continue }
      keys += row.indexKeys.map { IndexKey(list: $0.list, order: $0.order, slot: slot) }
      counts.add(row.counters)
    }
    keys.sort()
    index = SortedChunks(sorted: keys)
  }

  var count: Int { order.count }

  /// Returns the row of a key.
  func row(_ key: String) -> Row? { slot(of: key).flatMap(row(at:)) }

  /// Creates, replaces or removes the row of a key.
  mutating func set(_ key: String, _ row: Row?) {
    let position = order.position { Self.precedes(self.key(at: $0), key) }
    if let slot = order.element(at: position), Self.same(self.key(at: slot), key) {
      guard let row else {
        unlist(slot)
        take(slot)
        order.remove(at: position)
        return
      }
      let old = self.row(at: slot)
      rows[Int(slot) / Self.chunk][Int(slot) % Self.chunk] = row
      relist(row, slot, replacing: old)
    } else if let row {
      let slot = place(row)
      order.insert(slot, at: position)
      list(row, slot)
    }
  }

  /// Returns rows in order of their keys, after one.
  func window(after key: String?, limit: Int) -> [Row] {
    let start = key.map { key in order.position { !Self.precedes(key, self.key(at: $0)) } } ?? (0, 0)
    var found: [Row] = []
    guard limit > 0 else { return [] }
    order.forEach(from: start) { slot in
      if let row = row(at: slot) { found.append(row) }
      return found.count < limit
    }
    return found
  }

  /// Calls `body` with every row in order of its key.
  func forEach(_ body: (Row) throws -> Void) throws {
    var failure: (any Error)?
    order.forEach(from: (0, 0)) { slot in
      guard let row = row(at: slot) else { return true }
      do { try body(row) } catch { failure = error }
      return failure == nil
    }
    if let failure { throw failure }
  }

  /// Calls `body` with the rows under a question, in order from `first` on, until it returns false.
  func answer(
    _ question: IndexKey.Question, from first: Int64 = .min, _ body: (Int64, Row) -> Bool
  ) {
    let wanted = IndexKey(question: question, order: first, slot: 0)
    index.forEach(from: index.position { $0 < wanted }) { key in
      guard key.list == question.rawValue, let row = row(at: key.slot) else { return false }
      return body(key.order, row)
    }
  }

  /// Does the same from the end.
  func answerBackwards(_ question: IndexKey.Question, _ body: (Int64, Row) -> Bool) {
    let end = index.position { $0.list <= question.rawValue }
    index.forEachBackwards(before: end) { key in
      guard key.list == question.rawValue, let row = row(at: key.slot) else { return false }
      return body(key.order, row)
    }
  }

  /// Returns rows in order of their keys, from one on, while `fits` is true.
  func window(from key: String, limit: Int, while fits: (Row) -> Bool) -> [Row] {
    var found: [Row] = []
    order.forEach(from: order.position { Self.precedes(self.key(at: $0), key) }) { slot in
      guard let row = row(at: slot), fits(row), found.count < limit else { return false }
      found.append(row)
      return true
    }
    return found
  }

  /// Returns the first key of a list after a key, or of all.
  func next(in list: UInt8, after key: IndexKey?) -> IndexKey? {
    let first = IndexKey(list: list, order: .min)
    let position = key.map { key in index.position { $0 <= key } } ?? index.position { $0 < first }
    return index.element(at: position).flatMap { $0.list == list ? $0 : nil }
  }

  /// Returns the last key of a list before a key, or of all.
  func previous(in list: UInt8, before key: IndexKey?) -> IndexKey? {
    var found: IndexKey?
    let end = index.position { other in key.map { other < $0 } ?? (other.list <= list) }
    index.forEachBackwards(before: end) { key in
      if key.list == list { found = key }
      return false
    }
    return found
  }

  func slot(of key: String) -> UInt32? {
    let position = order.position { Self.precedes(self.key(at: $0), key) }
    guard let slot = order.element(at: position), Self.same(self.key(at: slot), key) else { return nil }
    return slot
  }

  func row(at slot: UInt32) -> Row? { rows[Int(slot) / Self.chunk][Int(slot) % Self.chunk] }

  private func key(at slot: UInt32) -> String {
    guard let row = row(at: slot) else { preconditionFailure("a slot that is in order has a row") }
    return row.key
  }

  private mutating func place(_ row: Row) -> UInt32 {
    if let slot = free.popLast() {
      rows[Int(slot) / Self.chunk][Int(slot) % Self.chunk] = row
      return slot
    }
    if rows.last.map({ $0.count == Self.chunk }) ?? true {
      rows.append([])
      rows[rows.count - 1].reserveCapacity(Self.chunk)
    }
    rows[rows.count - 1].append(row)
    return UInt32((rows.count - 1) * Self.chunk + rows[rows.count - 1].count - 1)
  }

  private mutating func take(_ slot: UInt32) {
    rows[Int(slot) / Self.chunk][Int(slot) % Self.chunk] = nil
    free.append(slot)
  }

  private mutating func list(_ row: Row, _ slot: UInt32) {
    counts.add(row.counters)
    for key in row.indexKeys {
      let key = IndexKey(list: key.list, order: key.order, slot: slot)
      index.insert(key, at: index.position { $0 < key })
    }
  }

  /// Updates only changed keys: most changes leave most keys as they are.
  private mutating func relist(_ row: Row, _ slot: UInt32, replacing old: Row?) {
    guard let old else { return list(row, slot) }
    counts.remove(old.counters)
    counts.add(row.counters)
    let (gone, new) = (old.indexKeys, row.indexKeys)
    for key in gone where !new.contains(key) {
      let key = IndexKey(list: key.list, order: key.order, slot: slot)
      index.remove(at: index.position { $0 < key })
    }
    for key in new where !gone.contains(key) {
      let key = IndexKey(list: key.list, order: key.order, slot: slot)
      index.insert(key, at: index.position { $0 < key })
    }
  }

  private mutating func unlist(_ slot: UInt32) {
    guard let row = row(at: slot) else { return }
    counts.remove(row.counters)
    for key in row.indexKeys {
      let key = IndexKey(list: key.list, order: key.order, slot: slot)
      index.remove(at: index.position { $0 < key })
    }
  }

  /// Compares bytes, not characters: two spellings of one character are two ids.
  private static func same(_ left: String, _ right: String) -> Bool { compare(left, right) == 0 }

  private static func precedes(_ left: String, _ right: String) -> Bool { compare(left, right) < 0 }

  /// Returns a value below, at or above zero. Every change compares some forty times; `memcmp` takes a third of the
  /// time of comparing two byte views.
  private static func compare(_ left: String, _ right: String) -> Int {
    var (left, right) = (left, right)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        let length = min(left.count, right.count)
        // An empty buffer may have no address.
        let difference = length == 0 ? 0 : memcmp(left.baseAddress!, right.baseAddress!, length)
        return difference == 0 ? left.count - right.count : Int(difference)
      }
    }
  }
}

extension FlatTable {
  /// Returns the first rows under a question whose sort key is below a bound.
  func first(_ limit: Int, _ question: IndexKey.Question, before bound: Int64 = .max) -> [Row] {
    var found: [Row] = []
    guard limit > 0 else { return found }
    answer(question) { order, row in
      guard order < bound || bound == .max else { return false }
      found.append(row)
      return found.count < limit
    }
    return found
  }
}

extension FlatTable where Row.Value: Sendable {
  /// Returns the due rows under a question of times, the longest due first.
  ///
  /// - Parameter isDue: called only for rows at both ends: rows that are due by their time, and rows that a clock that
  ///   was set back has left further in the future than any wait.
  func firstDue(
    _ limit: Int, _ question: IndexKey.Question, at now: Timestamp, _ isDue: (Row.Value) -> Bool
  ) -> [Row] {
    var found: [Row] = []
    guard limit > 0 else { return found }
    answer(question) { order, row in
      guard order <= now.milliseconds else { return false }
      if isDue(row.value) { found.append(row) }
      return found.count < limit
    }
    guard found.count < limit else { return found }
    answerBackwards(question) { order, row in
      guard order > now.milliseconds, isDue(row.value) else { return false }
      found.append(row)
      return found.count < limit
    }
    return found
  }
}
