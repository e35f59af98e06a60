internal import Replication
internal import TextBytes

extension JSONScanner {
  /// A moment as `Timestamp` writes it.
  mutating func timestamp() throws(JSONScanError) -> Timestamp {
    let range = try rawString().range
    guard let moment = Timestamp(utf8: slice(range)) else { throw failure("a time in RFC 3339 before this place") }
    return moment
  }

  /// 16 hexadecimal digits in a string.
  mutating func hexNumber() throws(JSONScanError) -> UInt64 {
    let range = try rawString().range
    guard let number = Hex.number(utf8: slice(range)) else { throw failure("16 hexadecimal digits before this place") }
    return number
  }

  /// The id of a replicable.
  mutating func replicableID() throws(JSONScanError) -> ReplicableID {
    let text = try string()
    do { return try ReplicableID(text) } catch { throw failure("an id of a replicable before this place") }
  }

  /// `LOG:ID`.
  mutating func generation() throws(JSONScanError) -> Generation {
    let text = try string()
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let log = LogID(String(parts[0])), let id = UInt64(parts[1]) else {
      throw failure("LOG:ID before this place")
    }
    return Generation(log: log, id: id)
  }
}
