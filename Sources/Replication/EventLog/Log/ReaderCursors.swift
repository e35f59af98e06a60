internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes

/// `readers.json`: how far each secondary has read. Only pruning reads it: if it is lost, segments are kept until the
/// secondaries acknowledge again.
struct ReaderCursors {
  /// Names come from the configuration; more than this indicate a misconfiguration.
  static let maximumReaders = 1_024
  static let maximumNameBytes = 255

  private let log: LogFiles
  private let id: LogID
  private(set) var cursors: [String: Cursor] = [:]
  /// Whether the file has the present cursors.
  private var isSaved = true

  /// Reads the file; without it no secondary has acknowledged anything.
  init(_ log: LogFiles, of id: LogID) throws(EventLogError) {
    self.log = log
    self.id = id
    let bytes: [UInt8]?
    do { bytes = try log.files.contents(of: log.readers, limit: 4 << 20) } catch { throw EventLogError(error) }
    guard let bytes else { return }
    do {
      try bytes.span.bytes.withUnsafeBytes { (text) throws(JSONScanError) in try read(text) }
    } catch {
      throw .damagedFile(
        log.readers, "\(error)", doing: "remove the file; the secondaries will say again how far they have read")
    }
    if format > SegmentHeader.currentFormat { throw .newerFile(log.readers, format: format) }
  }

  private var format: UInt64 = 1

  /// Records how far a secondary has read, without saving it.
  mutating func acknowledge(_ name: String, _ cursor: Cursor) throws(EventLogError) {
    guard !name.isEmpty, name.utf8.count <= Self.maximumNameBytes else {
      throw EventLogError(.refused, "acknowledge events: a secondary's name has 1 to \(Self.maximumNameBytes) bytes")
    }
    guard cursors[name] != nil || cursors.count < Self.maximumReaders else {
      throw EventLogError(
        .refused, "acknowledge events for '\(name)': \(Self.maximumReaders) secondaries are known already")
    }
    guard cursors[name] != cursor else { return }
    cursors[name] = cursor
    isSaved = false
  }

  /// Removes all but these.
  mutating func keep(only names: Set<String>) {
    let kept = cursors.filter { names.contains($0.key) }
    if kept.count < cursors.count { isSaved = false }
    cursors = kept
  }

  /// Replaces the file durably, if the cursors have changed.
  mutating func save() throws(EventLogError) {
    guard !isSaved else { return }
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    JSONText.append("format", SegmentHeader.currentFormat, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("log_id", "\(id)", to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append(key: "readers", to: &bytes)
    bytes.append(UInt8(ascii: "{"))
    for (index, entry) in cursors.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONText.append(entry.key, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      JSONText.append("\(entry.value)", to: &bytes)
    }
    bytes.append(contentsOf: "}}\n".utf8)
    do {
      try log.files.replaceFile(log.readers, with: bytes, permissions: FilePermissions(rawValue: 0o600))
    } catch {
      throw EventLogError(error)
    }
    isSaved = true
  }

  private mutating func read(_ text: UnsafeRawBufferPointer) throws(JSONScanError) {
    var scanner = JSONScanner(text)
    var found: UInt64?
    try scanner.take("{")
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.matches(key, "format") {
        found = try scanner.unsigned()
      } else if scanner.matches(key, "readers") {
        try readCursors(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    try scanner.end()
    guard let found, found > 0 else { throw scanner.failure("format") }
    format = found
  }

  private mutating func readCursors(_ scanner: inout JSONScanner) throws(JSONScanError) {
    try scanner.take("{")
    var isFirst = true
    while try scanner.hasNext(&isFirst, closing: "}") {
      let name = try scanner.string()
      try scanner.take(":")
      guard let cursor = Cursor(try scanner.string()) else { throw scanner.failure("a cursor before this place") }
      // A cursor of another log acknowledges nothing of this one.
      if cursor.log == id { cursors[name] = cursor }
    }
  }
}
