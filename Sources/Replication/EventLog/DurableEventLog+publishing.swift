internal import DurableFiles
internal import DurableJournal
package import Replication
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

extension DurableEventLog: EventPublishing {
  /// Appends events consecutively in their order, and returns when they are durable.
  ///
  /// Calls that arrive while a group is being written share the next fsync. An event's ref changes are limited to
  /// `EventLogSettings.changesBytes`; the returned events have only the kept ones.
  /// - Throws: `EventLogError`: `tooLarge` (no event was published), `busy`, `closed`, or `fileSystem` (none of the
  ///   events is in the log); `Cancelled`.
  package func publish(_ events: [UnpublishedEvent]) async throws -> [Event] {
    guard !events.isEmpty else { return [] }
    let texts = try events.map { try EventText($0, settings: settings) }
    let lines = texts.map(\.members)
    let bytes = lines.reduce(0) { $0 + $1.count + LineFrame.overhead }
    let firstID: UInt64
    do {
      firstID = try await queue.commit(lines, cost: bytes) { lead in
        try await pool.run { _ in try lead.commit(limit: self.settings.groupBytes) { self.writeGroup($0) } }
      }
    } catch let refusal as CommitRefusal {
      throw error(of: refusal, publishing: bytes)
    }
    return texts.enumerated().map { offset, text in
      Event(
        id: firstID + UInt64(offset), createdAt: text.event.createdAt, replicableName: text.event.replicableName,
        name: text.event.name, payload: text.event.payload)
    }
  }

  private func error(of refusal: CommitRefusal, publishing bytes: Int) -> EventLogError {
    switch refusal {
    case .closed: EventLogError(.closed, "publish events: the event log was closed")
    case .full(let waiting):
      bytes > settings.waitingBytes
        ? EventLogError(
          .tooLarge,
          "publish events: they take \(bytes) bytes, \(settings.waitingBytes) are taken at once; publish them in parts")
        : EventLogError(.busy, "publish events: \(waiting) bytes wait to be written already; try again later")
    }
  }

  /// Writes the lines of several publishers with one fsync. A failure is the result of each.
  private func writeGroup(_ group: [[[UInt8]]]) -> [Result<UInt64, any Error>] {
    do {
      var next = try write(group.flatMap(\.self))
      return group.map { lines in
        defer { next += UInt64(lines.count) }
        return .success(next)
      }
    } catch {
      return group.map { _ in .failure(error) }
    }
  }

  /// Returns the last durable line as a cursor.
  package func position() async throws -> Cursor { cursor(state.withLock { $0.durable }) }

  func cursor(_ position: LogPosition) -> Cursor { Cursor(log: id, id: position.id, chain: position.chain) }
}

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
