internal import Replication
internal import Synchronization
internal import TextBytes

/// One reading of the log, from a position to the last line that was durable when it began, or to its limit.
struct LogReading {
  private let log: DurableEventLog
  private let limit: Int
  /// The last durable line and the segments when the reading began.
  private let end: LogPosition
  private let segments: [UInt64]
  private var bytes = 0
  private var lines = LineReader()
  /// The events read so far.
  private(set) var events: [Event] = []
  /// The last line that was read.
  private(set) var position: LogPosition

  /// - Parameter limit: the maximum of events.
  init(_ log: DurableEventLog, limit: Int) {
    self.log = log
    self.limit = limit
    (end, segments) = log.state.withLock { ($0.durable, $0.segments) }
    position = end
  }

  /// Blocks on the disk.
  /// - Parameter start: nil begins with the oldest kept line.
  mutating func run(after start: LogPosition?) throws(LogReadingError) {
    var segment: UInt64
    if let start {
      guard start.id < end.id || start == end else { throw .forked }
      if start == end { return }
      guard let holder = log.state.withLock({ $0.segment(of: start.id + 1) }), segments.contains(holder) else {
        throw .pruned
      }
      segment = holder
      var walk = try open(segment, at: start.id)
      try find(start, in: &walk)
      try take(&walk, of: segment)
    } else {
      segment = segments[0]
      var walk = try open(segment, at: nil)
      position = walk.position
      try take(&walk, of: segment)
    }
    try takeFollowing(&segment)
  }

  /// Reads the lines before one, or the last ones. Blocks on the disk.
  mutating func run(before last: UInt64?, lines count: UInt64) throws(LogReadingError) {
    let last = min(last ?? end.id + 1, end.id + 1)
    let first = max(segments[0], last > count ? last - count : 1)
    guard first < last, var segment = log.state.withLock({ $0.segment(of: first) }), segments.contains(segment) else {
      return
    }
    var walk = try open(segment, at: first - 1)
    while walk.position.id < first - 1 {
      do { try walk.next() } catch { throw .failed(error) }
    }
    position = walk.position
    try take(&walk, of: segment)
    try takeFollowing(&segment)
    events.removeAll { $0.id >= last }
  }

  private mutating func takeFollowing(_ segment: inout UInt64) throws(LogReadingError) {
    while position.id < end.id, !isFull, let next = segments.first(where: { $0 > segment }) {
      segment = next
      var walk = try open(segment, at: nil)
      guard walk.position == position else {
        throw .failed(walk.damage("its previous_chain is not the chain of the last line of the segment before"))
      }
      try take(&walk, of: segment)
    }
  }

  /// Returns when a line of the log was written. Blocks on the disk.
  mutating func moment(ofLine id: UInt64) throws(LogReadingError) -> Timestamp {
    guard id <= end.id, let segment = log.state.withLock({ $0.segment(of: id) }), segments.contains(segment) else {
      throw .pruned
    }
    var walk = try open(segment, at: id - 1)
    var moment: Timestamp?
    // Marks shorten the next reading's search.
    var marks = SegmentMarks()
    while walk.position.id < id {
      marks.note(SegmentMark(position: walk.position, offset: walk.offset))
      do { try walk.next() } catch { throw .failed(error) }
    }
    log.state.withLock { state in
      if state.segments.contains(segment) { state.remember(marks, of: segment) }
    }
    do {
      try walk.withLine { (line) throws(JSONScanError) in
        switch try lines.content(of: line) {
        case .event(let event): moment = event.createdAt
        case .segment(let header): moment = header.createdAt
        case .other(let createdAt): moment = createdAt
        }
      }
    } catch {
      throw .failed(walk.damage("\(error)", ofLastLine: true))
    }
    guard let moment else { throw .pruned }
    return moment
  }

  private var isFull: Bool { events.count >= limit || bytes >= log.settings.batchBytes }

  /// Opens a segment at the last mark before the line after `id`, or at its header.
  private func open(_ segment: UInt64, at id: UInt64?) throws(LogReadingError) -> SegmentWalk {
    let mark = id.flatMap { id in log.state.withLock { $0.marks[segment]?.start(for: id) } }
    do {
      return try SegmentWalk.open(
        path: log.log.segment(segment), firstID: segment, of: log.id, at: mark, lineBytes: log.settings.lineBytes)
    } catch {
      let isPruned = log.state.withLock { !$0.segments.contains(segment) }
      throw isPruned ? .pruned : .failed(error)
    }
  }

  /// Advances to the line that the reader has read last.
  private mutating func find(_ start: LogPosition, in walk: inout SegmentWalk) throws(LogReadingError) {
    while walk.position.id < start.id {
      do { try walk.next() } catch { throw .failed(error) }
    }
    guard walk.position == start else { throw .forked }
    position = start
  }

  /// Reads the remaining events of a segment, up to the durable end and the limit.
  private mutating func take(_ walk: inout SegmentWalk, of segment: UInt64) throws(LogReadingError) {
    let last = min(end.id, segments.first { $0 > segment }.map { $0 - 1 } ?? end.id)
    var marks = SegmentMarks()
    while walk.position.id < last, !isFull {
      marks.note(SegmentMark(position: walk.position, offset: walk.offset))
      do { try walk.next() } catch { throw .failed(error) }
      try understand(walk)
      position = walk.position
    }
    log.state.withLock { state in
      if state.segments.contains(segment) { state.remember(marks, of: segment) }
    }
  }

  private mutating func understand(_ walk: borrowing SegmentWalk) throws(LogReadingError) {
    do {
      try walk.withLine { (line) throws(JSONScanError) in
        guard case .event(let event) = try lines.content(of: line) else { return }
        bytes += line.count
        events.append(event)
      }
    } catch {
      throw .failed(walk.damage("\(error)", ofLastLine: true))
    }
  }
}

/// Why a reading of the log came to no end.
enum LogReadingError: Error {
  /// The start position is not in this log's history.
  case forked
  /// The requested events were pruned.
  case pruned
  case failed(EventLogError)
}
