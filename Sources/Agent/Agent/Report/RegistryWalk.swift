internal import Replication

/// A page of a registry, or of a primary's states, in the order of ids, in a time that does not depend on how many
/// there are.
struct RegistryWalk {
  /// Behind this one.
  let start: ReplicableID?
  /// So many at most; 1 or more.
  let limit: Int
  /// Only those whose ids begin so.
  let prefix: String?

  /// Rows that states let through are sorted for each page where they are no more than these; of more, enough fit for a
  /// walk to find a page soon.
  static let few = 10_000
  /// Rows that are looked at for one page, whatever fits: some milliseconds.
  private static let mostLooks = 20_000
  private static let windowSize = 1_000

  /// What fits behind the start, up to the limit, and from where on there may be more.
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

  /// Where the walk begins: right before what begins with the prefix, which is where its last character is the one
  /// before, with the last of all characters behind it.
  private var first: ReplicableID? {
    guard let prefix, start.map({ $0.text.utf8.lexicographicallyPrecedes(prefix.utf8) }) ?? true else { return start }
    var scalars = String.UnicodeScalarView(prefix.unicodeScalars)
    guard let end = scalars.popLast(), end.value > 0, let previous = Unicode.Scalar(end.value - 1) else { return start }
    scalars.append(previous)
    // An invalid id starts at the beginning.
    return (try? ReplicableID(String(scalars) + "\u{10ffff}")) ?? start
  }
}

extension ReplicableID {
  fileprivate func begins(with prefix: String?) -> Bool {
    prefix.map { text.utf8.starts(with: $0.utf8) } ?? true
  }
}
