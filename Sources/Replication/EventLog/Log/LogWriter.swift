internal import DurableFiles
internal import DurableJournal
internal import Replication
internal import SystemPackage

/// Appends groups of lines to the last segment, each with one fsync. Used by one thread at a time.
///
/// When a write or an fsync fails, the segment is cut back to its last durable line, so that unacknowledged lines are
/// not in the file either; while the cut fails, every append fails. After a failed fsync the log continues in a new
/// segment (`JournalFile.mend`).
struct LogWriter {
  private let log: LogFiles
  private let segmentBytes: Int
  private let id: LogID
  /// The last segment, open; nil when the next append begins a new one.
  private var file: JournalFile?
  /// The last durable line.
  private(set) var position: LogPosition
  /// A segment whose creation failed; it is removed before the next append.
  private var unfinished: FilePath?

  /// The result of an append, durable.
  struct Commit {
    /// The id of the first appended line.
    let firstID: UInt64
    let position: LogPosition
    /// The first id of the new segment, if any.
    let newSegment: UInt64?
    /// Marks in the segment that was written to.
    let marks: SegmentMarks
  }

  /// - Parameter file: the last segment, cut after its last complete line; nil in a log without segments.
  init(_ log: LogFiles, id: LogID, segmentBytes: Int, file: JournalFile?, position: LogPosition) {
    self.log = log
    self.id = id
    self.segmentBytes = segmentBytes
    self.file = file
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
    let beginsSegment = file.map { $0.length >= segmentBytes } ?? true
    let firstID = position.id + (beginsSegment ? 2 : 1)
    let group = encode(lines, beginsSegment: beginsSegment, at: now)
    let segment = beginsSegment ? position.id + 1 : nil
    do {
      if let segment { try begin(log.segment(segment), with: group.bytes) } else { try file?.append(group.bytes) }
    } catch {
      // A failed mend is retried before the next append.
      try? mend()
      throw EventLogError(error)
    }
    position = group.position
    return Commit(firstID: firstID, position: position, newSegment: segment, marks: group.marks)
  }

  /// Closes the segment.
  mutating func close() {
    // All lines are durable.
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
    let offset = beginsSegment ? 0 : file?.length ?? 0
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

  private mutating func begin(_ path: FilePath, with bytes: [UInt8]) throws(FileError) {
    var new = try JournalFile(creating: path, permissions: FilePermissions(rawValue: 0o600), through: log.files)
    unfinished = path
    try new.append(bytes)
    try log.files.synchronizeDirectory(log.directory)
    unfinished = nil
    close()
    file = new
  }

  private mutating func mend() throws(FileError) {
    if try file?.mend() == true { close() }
    guard let path = unfinished else { return }
    if try log.files.status(of: path) != nil { try log.files.unlink(path) }
    unfinished = nil
  }
}
