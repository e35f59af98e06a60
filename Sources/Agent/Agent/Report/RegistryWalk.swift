internal import Replication

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
