internal import Replication
internal import TextBytes

/// One record of a flat-file table: how it lies in memory, how its line reads, how it is found.
protocol FlatRow: Sendable {
  /// What it is to the rest of the program.
  associatedtype Value: Sendable

  /// - Parameter old: the row that this one replaces; its unknown members are kept.
  init(_ value: Value, replacing old: Self?)
  var value: Value { get }

  /// The replicable's id.
  var key: String { get }
  /// Its number, where it has one; 0 otherwise.
  var number: UInt64 { get }
  /// Under which questions it is found; the slots are filled in by the table.
  var indexKeys: [IndexKey] { get }
  /// Which counters it counts in, below `RowCounts.size`.
  var counters: [Int] { get }

  /// Reads the members of a line's object, whose `{` was taken.
  init(from scanner: inout JSONScanner, idKey: [UInt8]) throws(JSONScanError)
  /// Appends the object.
  func append(to bytes: inout [UInt8], idKey: [UInt8])
}

/// How many rows there are of each state, kept up to date.
struct RowCounts: Sendable {
  static let size = 40
  private var counts = [Int](repeating: 0, count: size)

  subscript(counter: Int) -> Int { counts[counter] }
  mutating func add(_ counters: [Int]) { for counter in counters { counts[counter] += 1 } }
  mutating func remove(_ counters: [Int]) { for counter in counters { counts[counter] -= 1 } }
}
