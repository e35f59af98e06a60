internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes

/// The names in a log's directory.
struct LogFiles: Sendable {
  let directory: FilePath
  let files: any FileSystemPort

  var lock: FilePath { directory.appending("lock") }
  var identity: FilePath { directory.appending("log.json") }
  var readers: FilePath { directory.appending("readers.json") }

  func segment(_ firstID: UInt64) -> FilePath { directory.appending(SegmentName.text(firstID)) }

  /// The first ids of all segments, growing.
  func segments() throws(FileError) -> [UInt64] {
    var found: [UInt64] = []
    for entry in try files.entries(of: directory) {
      guard entry.kind == .regular, let id = SegmentName.firstID(entry.name) else { continue }
      found.append(id)
    }
    return found
  }

  /// Creates the directory, durable with its name.
  func makeDirectory() throws(FileError) {
    let made = try files.makeDirectories(directory, permissions: FilePermissions(rawValue: 0o700))
    try files.synchronizeParents(of: made)
  }

  /// Removes temporary files of a dead process.
  func sweep() throws(FileError) {
    for entry in try files.entries(of: directory) where entry.kind == .regular && files.isLeftover(entry.name) {
      try files.unlink(directory.appending(entry.name))
    }
  }
}

/// The file name of a segment: the id of its first line with twenty digits, and `.jsonl`, so that `ls` and `cat *`
/// give them in order.
enum SegmentName {
  private static let digits = 20
  private static let suffix = ".jsonl"

  static func text(_ firstID: UInt64) -> String {
    let number = String(firstID)
    return String(repeating: "0", count: digits - number.utf8.count) + number + suffix
  }

  /// Returns the first id in a segment's name; nil for any other name.
  static func firstID(_ name: FilePath.Component) -> UInt64? {
    let text = name.string
    guard text.utf8.count == digits + suffix.utf8.count, text.hasSuffix(suffix),
      let id = UInt64(text.dropLast(suffix.count)), (1..<(1 << 63)).contains(id), self.text(id) == text
    else { return nil }
    return id
  }
}

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
