internal import Replication
internal import TextBytes

/// Parses lines whose frame was checked.
///
/// Unknown members are skipped: a later version may write more members in the same format.
struct LineReader {
  /// The name of the last event and its bytes: names repeat, and parsing one costs more than comparing it.
  private var lastName: (bytes: [UInt8], name: ReplicableName)?

  /// The content of a line.
  enum Content {
    case event(Event)
    /// The first line of a segment: which log it belongs to, and the chain before it.
    case segment(SegmentHeader)
    /// An opening of the log, or a line of a later version, with its time.
    case other(Timestamp)
  }

  private struct Members {
    var id: UInt64?
    var createdAt: Timestamp?
    var replicableName: ReplicableName?
    var eventName: EventName?
    var payload: EventPayload?
    var format: UInt64?
    var log: LogID?
    var previousChain: UInt64?
  }

  /// - Throws: missing or invalid members; the caller detects `newerFormat` by the header's format.
  mutating func content(of line: UnsafeRawBufferPointer) throws(JSONScanError) -> Content {
    var scanner = JSONScanner(line)
    let members = try members(&scanner)
    guard let id = members.id, let createdAt = members.createdAt else { throw scanner.failure("id and created_at") }
    if let format = members.format {
      guard let log = members.log, let previousChain = members.previousChain else {
        throw scanner.failure("log_id and previous_chain")
      }
      return .segment(
        SegmentHeader(format: format, log: log, firstID: id, previousChain: previousChain, createdAt: createdAt))
    }
    guard let eventName = members.eventName else { return .other(createdAt) }
    guard let name = members.replicableName, let payload = members.payload else {
      throw scanner.failure("replicable_name and payload")
    }
    return .event(Event(id: id, createdAt: createdAt, replicableName: name, name: eventName, payload: payload))
  }

  private mutating func members(_ scanner: inout JSONScanner) throws(JSONScanError) -> Members {
    var members = Members()
    try scanner.take("{")
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.matches(key, "id") {
        members.id = try scanner.unsigned()
      } else if scanner.matches(key, "created_at") {
        members.createdAt = try scanner.timestamp()
      } else if scanner.matches(key, "replicable_name") {
        members.replicableName = try replicableName(&scanner)
      } else if scanner.matches(key, "event_name") {
        members.eventName = EventName(rawValue: try scanner.string())
      } else if scanner.matches(key, "payload") {
        members.payload = try EventPayload(from: &scanner)
      } else if scanner.matches(key, "format") {
        members.format = try scanner.unsigned()
      } else if scanner.matches(key, "log_id") {
        members.log = LogID(try scanner.hexNumber())
      } else if scanner.matches(key, "previous_chain") {
        members.previousChain = try scanner.hexNumber()
      } else {
        try scanner.skipValue()
      }
    }
    try scanner.end()
    return members
  }

  private mutating func replicableName(_ scanner: inout JSONScanner) throws(JSONScanError) -> ReplicableName {
    let raw = try scanner.rawString()
    let bytes = scanner.slice(raw.range)
    if let lastName, lastName.bytes.elementsEqual(bytes) { return lastName.name }
    do {
      let name = try ReplicableName(String(decoding: bytes, as: UTF8.self))
      lastName = (Array(bytes), name)
      return name
    } catch {
      throw scanner.failure("a name of a kind before this place")
    }
  }
}

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
