internal import DurableFiles
internal import Replication
internal import SystemPackage

/// Goes through the lines of one segment, from its header or from a mark, and checks id and chain of each.
///
/// Reads past the file-system port: it only reads, in parts, and what it reads was synchronised before.
struct SegmentWalk: ~Copyable {
  private let path: FilePath
  private let firstID: UInt64
  private let descriptor: FileDescriptor
  private let lineBytes: Int
  private var buffer: [UInt8] = []
  /// The place of the next line in `buffer`.
  private var start = 0
  /// The place of `buffer` in the file.
  private var bufferOffset: Int
  /// The last line that was met, or the place where the walk began.
  private(set) var position: LogPosition
  /// The last line that was met, in `buffer`, without its newline.
  private var line = 0..<0

  /// Opens at a mark, or at the header's line when there is none; then the header says what comes before it.
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
    position = mark.position
    bufferOffset = mark.offset
  }

  deinit {
    // It was only read: closing has nothing to tell.
    try? descriptor.close()
  }

  /// Where the next line begins in the file.
  var offset: Int { bufferOffset + start }

  /// The last line that was met, for as long as `body` runs.
  func withLine<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try buffer.span.bytes.withUnsafeBytes { (all) throws(Failure) in
      try body(UnsafeRawBufferPointer(rebasing: all[line]))
    }
  }

  /// Goes to the next line. Only to be called while there is one: the caller knows the last durable id.
  /// - Throws: `damaged` when what stands there is not the line that belongs there.
  mutating func next() throws(EventLogError) {
    let end = try lineEnd()
    let expected = position
    let frame: LineFrame? = buffer.withUnsafeBytes { all in
      let line = UnsafeRawBufferPointer(rebasing: all[start..<end])
      guard let frame = LineFrame(line), frame.id == expected.id + 1 else { return nil }
      let body = UnsafeRawBufferPointer(rebasing: line[..<frame.bodyLength])
      return Chain.next(after: expected.chain, body: body) == frame.chain ? frame : nil
    }
    guard let frame else { throw damage("its id or its chain does not follow from the line before") }
    line = start..<end
    start = end + 1
    position = LogPosition(id: frame.id, chain: frame.chain)
  }

  /// The error of the line that is to come, or of the last one.
  func damage(_ reason: String, ofLastLine: Bool = false) -> EventLogError {
    .damagedLine(path, line: position.id + (ofLastLine ? 1 : 2) - firstID, reason)
  }

  /// The header of a segment.
  static func header(
    path: FilePath, firstID: UInt64, of log: LogID, lineBytes: Int
  ) throws(EventLogError) -> SegmentHeader {
    var walk = try SegmentWalk.open(path: path, firstID: firstID, of: log, at: nil, lineBytes: lineBytes)
    return try walk.header(of: log)
  }

  /// Reads the header, with which the walk begins, without passing it.
  private mutating func header(of log: LogID) throws(EventLogError) -> SegmentHeader {
    line = 0..<(try lineEnd())
    return try withLine { (text) throws(EventLogError) in
      try SegmentHeader.check(text, path: path, firstID: firstID, of: log)
    }
  }

  private mutating func lineEnd() throws(EventLogError) -> Int {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) { return end }
      searched = buffer.count - start
      guard searched <= lineBytes else { throw damage("it is longer than \(lineBytes) bytes") }
      buffer.removeFirst(start)
      bufferOffset += start
      start = 0
      guard try fill() else { throw damage("the file ends before it") }
    }
  }

  /// - Returns: false at the end of the file.
  private mutating func fill() throws(EventLogError) -> Bool {
    let old = buffer.count
    let step = 256 << 10
    let offset = Int64(bufferOffset + old)
    buffer.append(contentsOf: repeatElement(0, count: step))
    do {
      let count = try buffer.withUnsafeMutableBytes { all in
        try descriptor.read(
          fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: all[old...]))
      }
      buffer.removeLast(step - count)
      return count > 0
    } catch {
      throw EventLogError(.fileSystem, "\(FileError(error as? Errno ?? .ioError, "read", path))")
    }
  }
}
