import TextBytes

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
