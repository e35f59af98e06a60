internal import DurableFiles
internal import Replication
internal import SystemPackage

/// Appends groups of lines to the last segment, each with one fsync. Used by one thread at a time.
///
/// When a write or an fsync fails, the segment is cut back to its last durable line, so that what was not
/// acknowledged is not in the file either; while that fails too, every append fails. After a failed fsync the log
/// goes on in a new segment, for the kernel may have thrown away pages that it took for written (fsync(2), *errors*).
struct LogWriter {
  private let log: LogFiles
  private let segmentBytes: Int
  private let id: LogID
  /// The last segment, open; nil when the next append begins a new one.
  private var file: (any WritableFile)?
  /// Bytes of the last segment that are durable.
  private var length: Int
  /// The last durable line.
  private(set) var position: LogPosition
  private var repair = Repair.none

  private enum Repair {
    case none
    case cut(thenLeave: Bool)
    case remove(FilePath)
  }

  /// What an append made durable.
  struct Commit {
    /// The id of the first of the lines that were given.
    let firstID: UInt64
    let position: LogPosition
    /// The first id of the segment that was begun.
    let newSegment: UInt64?
    /// Places in the segment that was written to.
    let marks: SegmentMarks
  }

  /// - Parameter file: the last segment, cut behind its last whole line; nil in a log without segments.
  init(_ log: LogFiles, id: LogID, segmentBytes: Int, file: (any WritableFile)?, length: Int, position: LogPosition) {
    self.log = log
    self.id = id
    self.segmentBytes = segmentBytes
    self.file = file
    self.length = length
    self.position = position
  }

  /// Appends lines, given by their members, and returns when they are on the disk.
  /// - Throws: `fileSystem`; none of the lines is in the log then.
  mutating func append(_ lines: [[UInt8]], at now: Timestamp) throws(EventLogError) -> Commit {
    do {
      try mend()
    } catch {
      throw EventLogError(
        .fileSystem, "\(error); an earlier write failed, and the log takes nothing until its file can be cut back")
    }
    let beginsSegment = file == nil || length >= segmentBytes
    let firstID = position.id + (beginsSegment ? 2 : 1)
    let group = encode(lines, beginsSegment: beginsSegment, at: now)
    let segment = beginsSegment ? position.id + 1 : nil
    do {
      if let segment { try begin(log.segment(segment), with: group.bytes) } else { try extend(with: group.bytes) }
    } catch {
      // What cannot be mended now is tried again before the next append.
      try? mend()
      throw EventLogError(error)
    }
    position = group.position
    length = (beginsSegment ? 0 : length) + group.bytes.count
    return Commit(firstID: firstID, position: position, newSegment: segment, marks: group.marks)
  }

  /// Ends the use.
  mutating func close() {
    // All that matters was synchronised.
    try? file?.close()
    file = nil
  }

  private func encode(
    _ lines: [[UInt8]], beginsSegment: Bool, at now: Timestamp
  ) -> (bytes: [UInt8], position: LogPosition, marks: SegmentMarks) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lines.reduce(256) { $0 + $1.count + LineFrame.overhead })
    var marks = SegmentMarks()
    var last = position
    let offset = beginsSegment ? 0 : length
    let count = lines.count + (beginsSegment ? 1 : 0)
    func append(_ members: [UInt8]) {
      marks.note(SegmentMark(position: last, offset: offset + bytes.count))
      let group = last == position ? count : nil
      let chain = LineFrame.append(
        id: last.id + 1, group: group, members: members, after: last.chain, to: &bytes)
      last = LogPosition(id: last.id + 1, chain: chain)
    }
    if beginsSegment {
      let header = SegmentHeader(
        format: SegmentHeader.currentFormat, log: id, firstID: last.id + 1, previousChain: last.chain, createdAt: now)
      append(header.members)
    }
    for line in lines { append(line) }
    return (bytes, last, marks)
  }

  private mutating func extend(with bytes: [UInt8]) throws(FileError) {
    guard let file else { preconditionFailure("a segment is open or a new one is begun") }
    repair = .cut(thenLeave: false)
    try file.write(bytes)
    repair = .cut(thenLeave: true)
    try file.synchronize()
    repair = .none
  }

  private mutating func begin(_ path: FilePath, with bytes: [UInt8]) throws(FileError) {
    let new = try log.files.create(path, permissions: FilePermissions(rawValue: 0o600))
    repair = .remove(path)
    try new.write(bytes)
    try new.synchronize()
    try log.files.synchronizeDirectory(log.directory)
    repair = .none
    close()
    file = new
  }

  private mutating func mend() throws(FileError) {
    switch repair {
    case .none: return
    case .cut(let thenLeave):
      guard let file else { preconditionFailure("only an open segment is cut") }
      try file.truncate(to: length)
      try file.synchronize()
      if thenLeave { close() }
    case .remove(let path):
      if try log.files.status(of: path) != nil { try log.files.unlink(path) }
    }
    repair = .none
  }
}
