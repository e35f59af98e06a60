internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes

/// Iterates over the lines of one segment, from its header or from a mark, and checks id and chain of each.
///
/// It bypasses the file-system port, because it only reads, in parts, bytes that were synchronised before. Holds the
/// file open, and a buffer for the longest line, 32 KiB at least.
struct SegmentWalk: ~Copyable {
  private let path: FilePath
  private let firstID: UInt64
  private let descriptor: FileDescriptor
  private let lineBytes: Int
  /// Owned; freed when the walk ends.
  private var buffer: UnsafeMutableRawBufferPointer
  /// Bytes of the file in `buffer`.
  private var filled = 0
  /// The place of `buffer` in the file.
  private var bufferOffset: Int
  /// The place of the next line in `buffer`.
  private var start = 0
  /// The last line that was read, in `buffer`, without its newline.
  private var line = 0..<0
  /// The last line that was read, or the start of the walk.
  private(set) var position: LogPosition

  /// Opens at a mark, or at the header's line when there is none; the header has the position before it.
  static func open(
    path: FilePath, firstID: UInt64, of log: LogID, at mark: SegmentMark?, lineBytes: Int
  ) throws(EventLogError) -> SegmentWalk {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow])
    } catch {
      throw EventLogError(FileError(error as? Errno ?? .ioError, "read", path))
    }
    let start = mark ?? SegmentMark(position: LogPosition(id: firstID - 1, chain: log.value), offset: 0)
    var walk = SegmentWalk(path, firstID, descriptor, lineBytes, start)
    if mark == nil { walk.position = try walk.header(of: log).start }
    return walk
  }

  private init(
    _ path: FilePath, _ firstID: UInt64, _ descriptor: FileDescriptor, _ lineBytes: Int, _ mark: SegmentMark
  ) {
    self.path = path
    self.firstID = firstID
    self.descriptor = descriptor
    self.lineBytes = lineBytes
    buffer = .allocate(byteCount: 32 << 10, alignment: 16)
    position = mark.position
    bufferOffset = mark.offset
  }

  deinit {
    buffer.deallocate()
    // The file was only read, so a failing close loses nothing.
    try? descriptor.close()
  }

  /// Where the next line begins in the file.
  var offset: Int { bufferOffset + start }

  /// Calls `body` with the last line that was read, which is valid during the call.
  func withLine<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: buffer[line]))
  }

  /// Advances to the next line. Call it only while there is one; the caller has the last durable id.
  /// - Throws: `damaged` when the bytes are not the expected line.
  mutating func next() throws(EventLogError) {
    let end = try lineEnd()
    let text = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    guard let frame = LineFrame(text), let next = frame.follows(position, text) else {
      throw damage("its id or its chain does not follow from the line before")
    }
    line = start..<end
    start = end + 1
    position = next
  }

  /// Returns the error of the next line, or of the last one.
  func damage(_ reason: String, ofLastLine: Bool = false) -> EventLogError {
    .damagedLine(path, line: position.id + (ofLastLine ? 1 : 2) - firstID, reason)
  }

  /// Returns the header of a segment.
  static func header(
    path: FilePath, firstID: UInt64, of log: LogID, lineBytes: Int
  ) throws(EventLogError) -> SegmentHeader {
    var walk = try SegmentWalk.open(path: path, firstID: firstID, of: log, at: nil, lineBytes: lineBytes)
    return try walk.header(of: log)
  }

  /// Reads the header, with which the walk begins, without advancing.
  private mutating func header(of log: LogID) throws(EventLogError) -> SegmentHeader {
    line = 0..<(try lineEnd())
    return try withLine { (text) throws(EventLogError) in
      try SegmentHeader.check(text, path: path, firstID: firstID, of: log)
    }
  }

  private mutating func lineEnd() throws(EventLogError) -> Int {
    var searched = start
    while true {
      let known = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
      if let end = known.firstIndex(of: UInt8(ascii: "\n"), from: searched) { return end }
      searched = filled - start
      guard searched <= lineBytes else { throw damage("it is longer than \(lineBytes) bytes") }
      makeRoom()
      guard try fill() else { throw damage("the file ends before it") }
    }
  }

  /// Moves the unread bytes to the start of the buffer, which grows when one line fills it.
  private mutating func makeRoom() {
    let rest = UnsafeRawBufferPointer(rebasing: buffer[start..<filled])
    if rest.count > buffer.count / 2 {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
      larger.copyMemory(from: rest)
      buffer.deallocate()
      buffer = larger
    } else {
      buffer.copyMemory(from: rest)
    }
    bufferOffset += start
    filled -= start
    start = 0
  }

  /// - Returns: false at the end of the file.
  private mutating func fill() throws(EventLogError) -> Bool {
    do {
      let count = try descriptor.read(
        fromAbsoluteOffset: Int64(bufferOffset + filled),
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      filled += count
      return count > 0
    } catch {
      throw EventLogError(FileError(error as? Errno ?? .ioError, "read", path))
    }
  }
}

/// The first line of a segment: it makes the file self-contained, so that it can be checked when earlier segments are
/// pruned.
struct SegmentHeader: Hashable, Sendable {
  /// The format that this version writes; a larger number is refused.
  static let currentFormat: UInt64 = 1

  let format: UInt64
  let log: LogID
  /// The id of the header's own line.
  let firstID: UInt64
  /// The chain before the header's line: that of the last line of the segment before, or the log's id.
  let previousChain: UInt64
  /// When the segment was created, and the one before it ended.
  let createdAt: Timestamp

  /// The position before the header's line.
  var start: LogPosition { LogPosition(id: firstID - 1, chain: previousChain) }

  /// The members between `id` and `chain`.
  var members: [UInt8] {
    var bytes: [UInt8] = []
    JSONText.append("created_at", "\(createdAt)", to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("format", format, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("log_id", "\(log)", to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("previous_chain", Hex.padded(previousChain), to: &bytes)
    return bytes
  }

  /// Parses a header's line and compares it with its segment.
  /// - Throws: `damaged`, `newerFormat`.
  static func check(
    _ line: UnsafeRawBufferPointer, path: FilePath, firstID: UInt64, of log: LogID
  ) throws(EventLogError) -> SegmentHeader {
    var reader = LineReader()
    let content: LineReader.Content
    do { content = try reader.content(of: line) } catch { throw .damagedLine(path, line: 1, "\(error)") }
    guard case .segment(let header) = content, header.firstID == firstID else {
      throw .damagedLine(path, line: 1, "it is not the first line of a segment with this name")
    }
    guard header.format <= currentFormat else { throw .newerFile(path, format: header.format) }
    guard header.log == log, firstID > 1 || header.previousChain == log.value else {
      throw .damagedLine(path, line: 1, "it belongs to the log \(header.log), not to \(log) of log.json")
    }
    return header
  }
}

/// Marks in one segment from which reading can start, a few kilobytes apart.
struct SegmentMarks: Sendable {
  /// Growing by id and offset. Empty: the segment was not read yet; reading starts at its header.
  private(set) var marks: [SegmentMark] = []

  /// Adds a mark that is far enough after the last one; ignores any other.
  mutating func note(_ mark: SegmentMark) {
    if let last = marks.last, mark.offset < last.offset + SegmentMark.spacing { return }
    marks.append(mark)
  }

  /// Adds the marks of another reading of the same segment that follow the last mark here.
  mutating func note(_ others: SegmentMarks) {
    for mark in others.marks { note(mark) }
  }

  /// Returns the last mark at the line `id` or before it; nil when there is none.
  func start(for id: UInt64) -> SegmentMark? {
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].position.id <= id { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? marks[low - 1] : nil
  }
}

/// The start of a line in its segment, with the position before it, from which reading can start.
struct SegmentMark: Hashable, Sendable {
  /// The position before the line.
  let position: LogPosition
  /// Bytes from the start of the file to the line.
  let offset: Int

  /// Bytes between two marks. A reader that asks for one event reads half as much in the middle, and the marks of a
  /// segment of 16 MiB take 24 KiB.
  static let spacing = 16 << 10
}
