internal import TextBytes

/// The id of one event log; a new log has another one.
public struct LogID: Hashable, Sendable, CustomStringConvertible, LosslessStringConvertible {
  /// The random value.
  public let value: UInt64
  /// The largest id of an event that is read: 2^53 - 1, which every JSON reader represents exactly. No log reaches it,
  /// so an id that another site sent can always be incremented.
  static let highestEvent: UInt64 = 9_007_199_254_740_991

  /// The log id with that value.
  public init(_ value: UInt64) { self.value = value }

  /// Reads 16 hexadecimal digits.
  public init?(_ description: String) {
    guard let value = Hex.number(description) else { return nil }
    self.init(value)
  }

  /// 16 hexadecimal digits.
  public var description: String { Hex.padded(value) }
}

/// An event's id in one log, as the lower bound of a listing: the listing was made after all changes announced by
/// events up to this one were visible (product contract § 6). Generations of two logs say nothing about each other.
public struct Generation: Hashable, Sendable, CustomStringConvertible {
  /// The log that the id counts in.
  public let log: LogID
  /// The event's id; 0 is "before the first event".
  public let id: UInt64

  /// The generation of that event.
  public init(log: LogID, id: UInt64) {
    self.log = log
    self.id = id
  }

  /// Whether this generation is `other` or later. False for one of another log.
  public func covers(_ other: Generation) -> Bool { log == other.log && id >= other.id }

  /// `LOG:ID`.
  public var description: String { "\(log):\(id)" }

  /// Reads `LOG:ID` from borrowed bytes; `nil` for anything else.
  package init?(utf8 text: UnsafeRawBufferPointer) {
    let colon = Hex.numberLength
    guard text.count > colon + 1, text.count <= colon + 21, text[colon] == UInt8(ascii: ":"),
      let log = Hex.number(utf8: UnsafeRawBufferPointer(rebasing: text[..<colon]))
    else { return nil }
    var id: UInt64 = 0
    for byte in text[(colon + 1)...] {
      let digit = byte &- UInt8(ascii: "0")
      let (shifted, isTooLarge) = id.multipliedReportingOverflow(by: 10)
      let (sum, isOverflow) = shifted.addingReportingOverflow(UInt64(digit))
      guard digit < 10, !isTooLarge, !isOverflow else { return nil }
      id = sum
    }
    guard id <= LogID.highestEvent else { return nil }
    self.init(log: LogID(log), id: id)
  }
}

/// A secondary's position in the event log: the last event, the log, and the log's chain there, by which a log that was
/// restored from a backup and continued is detected.
public struct Cursor: Hashable, Sendable, CustomStringConvertible, LosslessStringConvertible {
  /// The log.
  public let log: LogID
  /// The last consumed event; 0 before the first.
  public let id: UInt64
  /// First 16 hexadecimal digits of SHA-256 over the previous chain and the event's line, as a number.
  public let chain: UInt64

  /// A place in a log.
  public init(log: LogID, id: UInt64, chain: UInt64) {
    self.log = log
    self.id = id
    self.chain = chain
  }

  /// The generation of the cursor's event.
  public var generation: Generation { Generation(log: log, id: id) }

  /// `LOG:ID:CHAIN`, as in the event feed's URL.
  public var description: String { "\(log):\(id):\(Hex.padded(chain))" }

  /// Reads what `description` writes; `nil` for anything else.
  public init?(_ description: String) {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let log = LogID(parts[0]), let id = UInt64(parts[1]), String(id) == parts[1],
      id <= LogID.highestEvent, let chain = Hex.number(parts[2])
    else { return nil }
    self.init(log: log, id: id, chain: chain)
  }
}
