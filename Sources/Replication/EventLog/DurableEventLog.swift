package import DurableFiles
internal import DurableJournal
package import Replication
internal import Synchronization
package import SystemPackage
internal import TextBytes
package import WorkerPool

/// The primary's event log: numbered segments of JSON lines in one directory, appended to durably and read by any
/// number of readers at once.
///
/// Guarantees:
/// - An event that `publish` returned is durable; readers get durable events only.
/// - Ids are gapless and grow; each line's chain covers all lines before it, which distinguishes a log that was
///   restored and continued from the one before.
/// - After a crash at any instruction the next `open` finds every published event, without an operator. Removed lines
///   had not been acknowledged, and are counted in `recovery`.
/// - Damage is never skipped: it stops the opening (last segment) or the reading (older ones) with file, line and
///   remedy.
///
/// Limitation: an append that is running when a task is cancelled is not undone; its events may be in the log although
/// `publish` threw `Cancelled`. A call that waits for the disk ends when the disk answers.
package final class DurableEventLog: Sendable {
  /// Which log this is.
  package let id: LogID
  /// The lines that opening removed.
  package let recovery: EventLogRecovery

  let log: LogFiles
  let settings: EventLogSettings
  let pool: WorkerPool
  let now: @Sendable () -> Timestamp
  /// Encoded lines, grouped by publisher; the result is the id of the group's first event.
  let queue: CommitQueue<[[UInt8]], UInt64>
  let line: ReaderLine
  let state: Mutex<LogState>
  let readers: Mutex<ReaderCursors>
  private let lock: OwnerLock
  private let writer: Mutex<LogWriter>

  /// Opens the log of a directory, or creates one there, and appends a line that records the opening.
  ///
  /// - Parameters:
  ///   - directory: `<state>/events`; made when missing. Absolute.
  ///   - pool: where files are read and written; 2 threads or more, so that readers do not wait for the writer. The
  ///     caller owns it, and must keep it until `close` has returned.
  ///   - now: the clock, for the lines that the log itself writes and for retention.
  /// - Throws: `EventLogError`: `locked`, `damaged`, `newerFormat` (nothing was changed) or `fileSystem`; `Cancelled`.
  package static func open(
    _ directory: FilePath, settings: EventLogSettings = EventLogSettings(), pool: WorkerPool,
    files: any FileSystemPort = RealFileSystem(), now: @escaping @Sendable () -> Timestamp
  ) async throws -> DurableEventLog {
    try await pool.run { _ in
      try DurableEventLog(
        LogFiles(directory: directory, files: files), settings: settings, pool: pool, now: now)
    }
  }

  /// Blocks on the disk.
  private init(
    _ log: LogFiles, settings: EventLogSettings, pool: WorkerPool, now: @escaping @Sendable () -> Timestamp
  ) throws(EventLogError) {
    self.log = log
    self.settings = settings
    self.pool = pool
    self.now = now
    do { try log.makeDirectory() } catch { throw EventLogError(error) }
    lock = try Self.acquire(log.lock)
    let finding = try LogRecovery(log: log).find()
    let cursors = try ReaderCursors(log, of: finding.id)
    id = finding.id
    recovery = finding.dropped
    var writer = try Self.writer(for: finding, log, settings)
    // The value is random: a log that is restored and opened has another chain from here on.
    var opened: [UInt8] = []
    let moment = now()
    JSONText.append("created_at", "\(moment)", to: &opened)
    opened.append(UInt8(ascii: ","))
    JSONText.append("opened", Hex.padded(.random(in: .min ... .max)), to: &opened)
    let commit = try writer.append([opened], at: moment)
    var state = LogState(durable: commit.position, segments: finding.segments)
    if let last = finding.segments.last { state.remember(finding.marks, of: last) }
    if let new = commit.newSegment { state.segments.append(new) }
    state.remember(commit.marks, of: state.segments[state.segments.count - 1])
    self.state = Mutex(state)
    self.writer = Mutex(writer)
    readers = Mutex(cursors)
    queue = CommitQueue(limit: settings.waitingBytes)
    line = ReaderLine(limit: settings.waitingReaders, durable: commit.position.id)
  }

  private static func acquire(_ path: FilePath) throws(EventLogError) -> OwnerLock {
    do {
      return try OwnerLock.acquire(path: path, wait: .zero)
    } catch {
      if case .failed(let failure) = error { throw EventLogError(failure) }
      throw EventLogError(.locked, "open the event log '\(path.removingLastComponent())': \(error)")
    }
  }

  /// Removes leftovers of a crash, and makes complete lines durable, also those that a killed process had written
  /// without fsync.
  private static func writer(
    for finding: LogRecovery.Finding, _ log: LogFiles, _ settings: EventLogSettings
  ) throws(EventLogError) -> LogWriter {
    do {
      try log.sweep()
      for segment in finding.dropped.droppedSegments { try log.files.unlink(log.segment(segment)) }
      var file: JournalFile?
      if let last = finding.segments.last {
        file = try JournalFile(
          opening: log.segment(last), length: finding.length, permissions: FilePermissions(rawValue: 0o600),
          through: log.files)
      }
      return LogWriter(
        log, id: finding.id, segmentBytes: settings.segmentBytes, file: file, position: finding.position)
    } catch {
      throw EventLogError(error)
    }
  }

  /// Appends a group and returns the id of its first event. For one thread at a time: the queue's leader.
  func write(_ lines: [[UInt8]]) throws(EventLogError) -> UInt64 {
    let commit = try writer.withLock { (writer) throws(EventLogError) in try writer.append(lines, at: now()) }
    state.withLock { state in
      if let new = commit.newSegment { state.segments.append(new) }
      state.remember(commit.marks, of: state.segments[state.segments.count - 1])
      state.durable = commit.position
    }
    line.announce(commit.position.id)
    return commit.firstID
  }

  /// How many readers wait for an event now.
  package var waitingReaders: Int { line.waitingCount }

  /// How many calls of `publish` wait for their turn to be written now.
  package var waitingPublishers: Int { queue.waitingCount }

  /// Closes the log: waiting events are still written, waiting readers return, later calls throw `closed`. The
  /// directory is free for another process afterwards. A second call does nothing.
  package func close() async throws {
    queue.close()
    let wasOpen = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    line.close()
    guard wasOpen else { return }
    // Also when the task was cancelled, such as at an agent's stop: then only the newest acknowledgements are not
    // saved.
    defer { lock.release() }
    try await pool.run { _ in
      self.writer.withLock { $0.close() }
      try self.readers.withLock { (readers) throws(EventLogError) in try readers.save() }
    }
  }
}

/// The bounds of an event log, each with its default.
package struct EventLogSettings: Hashable, Sendable {
  /// Bytes after which a new segment is started. A segment exceeds this by one group at most.
  package var segmentBytes: Int
  /// Bytes of one line. A larger event is refused.
  package var lineBytes: Int
  /// Maximum bytes of one event's ref changes; further changes are left out, and the line has their number.
  package var changesBytes: Int
  /// Maximum bytes that are written with one fsync.
  package var groupBytes: Int
  /// Bytes that may wait to be written before `publish` refuses.
  package var waitingBytes: Int
  /// Maximum bytes of lines in one answer to a reader; a single larger line is returned alone.
  package var batchBytes: Int
  /// Maximum readers that wait at once.
  package var waitingReaders: Int
  /// The maximum wait of a reader.
  package var longestWait: Duration
  /// What the log keeps for secondaries that do not read.
  package var retention: Retention

  /// The limits for events that not all secondaries have read.
  package struct Retention: Hashable, Sendable {
    /// Bytes of all segments together; the last segment is always kept.
    package var bytes: Int
    /// How long a segment is kept after its last line was written.
    package var age: Duration

    package init(bytes: Int = 4 << 30, age: Duration = .seconds(30 * 86_400)) {
      self.bytes = bytes
      self.age = age
    }
  }

  package init(
    segmentBytes: Int = 16 << 20, lineBytes: Int = 1 << 20, changesBytes: Int = 256 << 10, groupBytes: Int = 4 << 20,
    waitingBytes: Int = 64 << 20, batchBytes: Int = 4 << 20, waitingReaders: Int = 4_096,
    longestWait: Duration = .seconds(300), retention: Retention = Retention()
  ) {
    precondition(
      segmentBytes > 0 && lineBytes >= 4_096 && changesBytes >= 0 && changesBytes < lineBytes && groupBytes > 0
        && waitingBytes > 0 && batchBytes > 0 && waitingReaders >= 0, "bounds are numbers of bytes")
    self.segmentBytes = segmentBytes
    self.lineBytes = lineBytes
    self.changesBytes = changesBytes
    self.groupBytes = groupBytes
    self.waitingBytes = waitingBytes
    self.batchBytes = batchBytes
    self.waitingReaders = waitingReaders
    self.longestWait = longestWait
    self.retention = retention
  }
}

/// The state that concurrent users of a log share: its end and its segments.
struct LogState {
  /// The last durable line.
  var durable: LogPosition
  /// The first ids of the segments, growing; the last one is written to.
  var segments: [UInt64]
  /// Marks of segments that were read recently.
  var marks: [UInt64: SegmentMarks] = [:]
  var isClosed = false
  var isPruning = false

  /// Segments whose marks are kept: 24 KiB each.
  static let rememberedSegments = 32

  /// Returns the segment in which the line `id` is or would be; nil when it was pruned.
  func segment(of id: UInt64) -> UInt64? {
    var low = 0
    var high = segments.count
    while low < high {
      let middle = (low + high) / 2
      if segments[middle] <= id { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? segments[low - 1] : nil
  }

  mutating func remember(_ found: SegmentMarks, of segment: UInt64) {
    marks[segment, default: SegmentMarks()].note(found)
    // The oldest first: readers move towards the end.
    while marks.count > Self.rememberedSegments, let oldest = marks.keys.min() { marks[oldest] = nil }
  }
}

/// A position in the log: after a line, with the chain there.
struct LogPosition: Hashable, Sendable {
  /// The id of the line; 0 before the first.
  let id: UInt64
  /// Its chain; the log's id before the first line.
  let chain: UInt64
}
