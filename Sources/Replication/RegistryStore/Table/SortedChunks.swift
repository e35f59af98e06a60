/// A sorted collection in chunks: inserting, removing and finding cost a binary search and a move within one chunk, and
/// a copy of the whole is free until it is changed, and then costs one chunk.
///
/// 512 elements a chunk: at a million elements an insertion moves four kilobytes at most, in a microsecond.
struct SortedChunks<Element: Sendable>: Sendable {
  private var chunks: [[Element]] = []
  private(set) var count = 0

  private static var limit: Int { 512 }

  /// Creates a collection of sorted elements.
  init(sorted elements: some Collection<Element>) {
    var rest = elements[...]
    while !rest.isEmpty {
      chunks.append(Array(rest.prefix(Self.limit / 2)))
      rest = rest.dropFirst(Self.limit / 2)
    }
    count = elements.count
  }

  /// Returns the first position whose element does not precede the sought one.
  /// - Parameter isBefore: true for elements that come before it; true for a beginning of the order only.
  func position(where isBefore: (Element) -> Bool) -> (chunk: Int, index: Int) {
    var (low, high) = (0, chunks.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(chunks[middle][chunks[middle].count - 1]) { low = middle + 1 } else { high = middle }
    }
    guard low < chunks.count else { return (chunks.count, 0) }
    let chunk = low
    (low, high) = (0, chunks[chunk].count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(chunks[chunk][middle]) { low = middle + 1 } else { high = middle }
    }
    return (chunk, low)
  }

  /// The element at a position; `nil` at the end.
  func element(at position: (chunk: Int, index: Int)) -> Element? {
    position.chunk < chunks.count ? chunks[position.chunk][position.index] : nil
  }

  mutating func insert(_ element: Element, at position: (chunk: Int, index: Int)) {
    count += 1
    guard position.chunk < chunks.count else {
      if let last = chunks.indices.last, chunks[last].count < Self.limit {
        chunks[last].append(element)
      } else {
        chunks.append([element])
      }
      return
    }
    chunks[position.chunk].insert(element, at: position.index)
    guard chunks[position.chunk].count > Self.limit else { return }
    let half = chunks[position.chunk].count / 2
    let upper = Array(chunks[position.chunk][half...])
    chunks[position.chunk].removeSubrange(half...)
    chunks.insert(upper, at: position.chunk + 1)
  }

  mutating func remove(at position: (chunk: Int, index: Int)) {
    count -= 1
    chunks[position.chunk].remove(at: position.index)
    if chunks[position.chunk].isEmpty { chunks.remove(at: position.chunk) }
  }

  /// Calls `body` with elements from a position on, until it returns false.
  func forEach(from position: (chunk: Int, index: Int), _ body: (Element) -> Bool) {
    var (chunk, index) = position
    while chunk < chunks.count {
      while index < chunks[chunk].count {
        guard body(chunks[chunk][index]) else { return }
        index += 1
      }
      (chunk, index) = (chunk + 1, 0)
    }
  }

  /// Calls `body` with the elements before a position, the nearest first, until it returns false.
  func forEachBackwards(before position: (chunk: Int, index: Int), _ body: (Element) -> Bool) {
    var (chunk, index) = position
    while true {
      if index == 0 {
        guard chunk > 0 else { return }
        chunk -= 1
        index = chunks[chunk].count
        continue
      }
      index -= 1
      guard body(chunks[chunk][index]) else { return }
    }
  }
}

/// The rows of a table in chunks, of which a change copies one. Rows that are read into chunks are never moved again.
struct RowChunks<Row: FlatRow>: Sendable {
  static var size: Int { 512 }

  /// None is longer than `size`; after a merge one in the middle may be shorter.
  private(set) var chunks: [[Row?]] = []

  mutating func append(_ row: Row) {
    if chunks.last.map({ $0.count == Self.size }) ?? true {
      chunks.append([])
      chunks[chunks.count - 1].reserveCapacity(Self.size)
    }
    chunks[chunks.count - 1].append(row)
  }

  mutating func append(contentsOf other: RowChunks) { chunks += other.chunks }

  func forEach(_ body: (Row) -> Void) {
    for chunk in chunks {
      for case .some(let row) in chunk { body(row) }
    }
  }
}
