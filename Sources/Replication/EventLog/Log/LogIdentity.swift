internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes

/// `log.json`: which log the directory holds. Written once, before the first segment, in one durable step; segments
/// without it are refused, so that a log that lost it is not taken for a new one.
struct LogIdentity: Hashable {
  let format: UInt64
  let log: LogID

  /// Reads the file; nil when there is none.
  static func read(_ log: LogFiles) throws(EventLogError) -> LogID? {
    let bytes: [UInt8]?
    do { bytes = try log.files.contents(of: log.identity, limit: 65_536) } catch { throw EventLogError(error) }
    guard let bytes else { return nil }
    let identity: LogIdentity
    do { identity = try LogIdentity(bytes) } catch {
      throw .damagedFile(
        log.identity, "\(error)",
        doing: "write it anew: {\"format\":1,\"log_id\":\"…\"} with the log_id in the first line of a segment")
    }
    guard identity.format <= SegmentHeader.currentFormat else {
      throw .newerFile(log.identity, format: identity.format)
    }
    return identity.log
  }

  /// Creates the file with a new id.
  static func make(_ log: LogFiles) throws(EventLogError) -> LogID {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    let id = LogID(.random(in: 1 ... .max))
    JSONText.append("format", SegmentHeader.currentFormat, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("log_id", "\(id)", to: &bytes)
    bytes.append(contentsOf: "}\n".utf8)
    do {
      try log.files.replaceFile(log.identity, with: bytes, permissions: FilePermissions(rawValue: 0o600))
    } catch {
      throw EventLogError(error)
    }
    return id
  }

  private init(_ bytes: [UInt8]) throws(JSONScanError) {
    self = try bytes.span.bytes.withUnsafeBytes { (text) throws(JSONScanError) in try LogIdentity(text) }
  }

  private init(_ text: UnsafeRawBufferPointer) throws(JSONScanError) {
    var scanner = JSONScanner(text)
    var format: UInt64?
    var log: LogID?
    try scanner.take("{")
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.matches(key, "format") {
        format = try scanner.unsigned()
      } else if scanner.matches(key, "log_id") {
        log = LogID(try scanner.hexNumber())
      } else {
        try scanner.skipValue()
      }
    }
    try scanner.end()
    guard let format, format > 0, let log else { throw scanner.failure("format and log_id") }
    self.init(format: format, log: log)
  }

  private init(format: UInt64, log: LogID) {
    self.format = format
    self.log = log
  }
}
