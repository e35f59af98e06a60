internal import Replication
internal import TextBytes

/// A time that may be missing, in eight bytes.
struct Moment: Hashable, Sendable {
  private let milliseconds: Int64

  init(_ timestamp: Timestamp?) { milliseconds = timestamp?.milliseconds ?? .min }

  var timestamp: Timestamp? { milliseconds == .min ? nil : Timestamp(milliseconds: milliseconds) }
  /// The sort key of the index: a missing time comes first.
  var order: Int64 { milliseconds }
}

/// A generation that may be missing, in sixteen bytes.
struct StoredGeneration: Hashable, Sendable {
  /// 0, which no log has for its id, when there is none.
  private let log: UInt64
  private let id: UInt64

  init(_ generation: Generation?) {
    log = generation?.log.value ?? 0
    id = generation?.id ?? 0
  }

  var generation: Generation? { log == 0 ? nil : Generation(log: LogID(log), id: id) }
}

extension JSONScanner {
  /// A time, or null.
  mutating func moment() throws(JSONScanError) -> Moment {
    Moment(try read("a time in RFC 3339") { Timestamp(utf8: $0) })
  }

  /// A string, or null.
  mutating func optionalString() throws(JSONScanError) -> String? {
    if peek() == UInt8(ascii: "n") {
      try skipValue()
      return nil
    }
    return try string()
  }

  /// `true`, `false`, or null, which is false.
  mutating func flag() throws(JSONScanError) -> Bool {
    let isTrue = peek() == UInt8(ascii: "t")
    let isKnown = isTrue || peek() == UInt8(ascii: "f") || peek() == UInt8(ascii: "n")
    try skipValue()
    guard isKnown else { throw failure("true or false before this place") }
    return isTrue
  }

  /// The number of an entry, below 2^63: the next one must be a number too.
  mutating func entryNumber() throws(JSONScanError) -> UInt64 {
    let number = try unsigned()
    guard number < 1 << 63 else { throw failure("a number below 2^63 before this place") }
    return number
  }

  /// `LOG:ID`, or null.
  mutating func storedGeneration() throws(JSONScanError) -> StoredGeneration {
    let generation = try read("LOG:ID") { Generation(utf8: $0) }
    // The largest id is reserved: the stored value is the id plus one, and zero is "none".
    if generation?.id == .max { throw failure("an event's id before this place") }
    return StoredGeneration(generation)
  }

  /// Reads a string from its bytes, or null. The strings that are read like this never contain an escape.
  mutating func read<Value>(
    _ what: String, _ body: (UnsafeRawBufferPointer) -> Value?
  ) throws(JSONScanError) -> Value? {
    if peek() == UInt8(ascii: "n") {
      try skipValue()
      return nil
    }
    guard let value = body(slice(try rawString().range)) else { throw failure("\(what) before this place") }
    return value
  }

  /// Reads a value from its text, or null.
  mutating func described<Value: LosslessStringConvertible>(
    _ what: String
  ) throws(JSONScanError) -> Value? {
    guard let text = try optionalString() else { return nil }
    guard let value = Value(text) else { throw failure("\(what) before this place") }
    return value
  }

  /// Returns an unknown member with its key, unchanged, on one line, because it is written to a journal, too. A line's
  /// end can only stand between the values in it.
  mutating func unknownMember(_ key: Range<Int>) throws(JSONScanError) -> [UInt8] {
    _ = peek()
    let start = position
    try skipValue()
    let value = slice(start..<position).map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? 0x20 : $0 }
    return [UInt8(ascii: "\"")] + slice(key) + Array("\":".utf8) + value
  }
}
