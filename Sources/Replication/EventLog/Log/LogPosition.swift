/// A position in the log: after a line, with the chain there.
struct LogPosition: Hashable, Sendable {
  /// The id of the line; 0 before the first.
  let id: UInt64
  /// Its chain; the log's id before the first line.
  let chain: UInt64
}
