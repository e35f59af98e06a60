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

/// Writes one object, member by member; missing members are left out.
struct ObjectText {
  private(set) var bytes: [UInt8]
  private var isFirst = true

  init() {
    bytes = [UInt8(ascii: "{")]
    bytes.reserveCapacity(512)
  }

  private mutating func comma() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
  }

  mutating func add(_ key: StaticString, _ text: String?) {
    guard let text else { return }
    comma()
    JSONText.append(key, text, to: &bytes)
  }

  mutating func add(_ key: StaticString, _ number: UInt64) {
    comma()
    JSONText.append(key, number, to: &bytes)
  }

  mutating func add(_ key: StaticString, _ moment: Moment) {
    guard let timestamp = moment.timestamp else { return }
    comma()
    JSONText.append(key: key, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
    timestamp.append(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A flag that is false is left out.
  mutating func add(_ key: StaticString, flag: Bool) {
    guard flag else { return }
    comma()
    JSONText.append(key: key, to: &bytes)
    bytes.append(contentsOf: "true".utf8)
  }

  mutating func add(_ key: [UInt8], _ text: String) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: key)
    bytes.append(contentsOf: "\":".utf8)
    JSONText.append(text, to: &bytes)
  }

  /// Members as they were read.
  mutating func add(raw members: [[UInt8]]) {
    for member in members {
      comma()
      bytes.append(contentsOf: member)
    }
  }

  consuming func end() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}
