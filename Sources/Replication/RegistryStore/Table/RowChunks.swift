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
