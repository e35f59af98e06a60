internal import Replication
internal import TextBytes

/// One record of a flat-file table: its memory layout, its line, and its index keys.
protocol FlatRow: Sendable {
  /// The type that callers use.
  associatedtype Value: Sendable

  /// - Parameter old: the row that this one replaces; its unknown members are kept.
  init(_ value: Value, replacing old: Self?)
  var value: Value { get }

  /// The replicable's id.
  var key: String { get }
  /// Its number, where it has one; 0 otherwise.
  var number: UInt64 { get }
  /// Its keys in the index; the table sets the slots.
  var indexKeys: [IndexKey] { get }
  /// The counters that it is counted in, below `RowCounts.size`.
  var counters: [Int] { get }

  /// Reads the members of a line's object, after its `{`.
  init(from scanner: inout JSONScanner, idKey: [UInt8]) throws(JSONScanError)
  /// Appends the object.
  func append(to bytes: inout [UInt8], idKey: [UInt8])
}

/// Counts of rows by state, updated with each change.
struct RowCounts: Sendable {
  static let size = 40
  private var counts = [Int](repeating: 0, count: size)

  subscript(counter: Int) -> Int { counts[counter] }
  mutating func add(_ counters: [Int]) { for counter in counters { counts[counter] += 1 } }
  mutating func remove(_ counters: [Int]) { for counter in counters { counts[counter] -= 1 } }
}
