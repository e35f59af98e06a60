internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes

/// Looks at a log's directory when the log is opened, and finds the last whole line. Reads the last segment and no
/// other.
struct LogRecovery {
  let log: LogFiles

  /// What was found.
  struct Finding {
    var id: LogID
    /// The first ids of the segments, growing; empty in a log that has none yet.
    var segments: [UInt64]
    /// The last line.
    var position: LogPosition
    /// Bytes of the last segment up to there; the file may be longer and is to be cut.
    var length: Int
    /// Places in the last segment.
    var marks: SegmentMarks
    var dropped: EventLogRecovery
  }

  /// - Throws: `damaged` or `newerFormat`, with the file, the line and what to do; nothing was changed then.
  func find() throws(EventLogError) -> Finding {
    var segments: [UInt64]
    do { segments = try log.segments() } catch { throw EventLogError(error) }
    let id = try identity(hasSegments: !segments.isEmpty)
    var dropped = EventLogRecovery()
    while let last = segments.last {
      var scan = try scan(last, of: id)
      if scan.position.id >= last {
        scan.dropped.droppedSegments = dropped.droppedSegments
        scan.dropped.droppedBytes += dropped.droppedBytes
        return Finding(
          id: id, segments: segments, position: scan.position, length: scan.length, marks: scan.marks,
          dropped: scan.dropped)
      }
      // Its header never came to the disk whole: it was being begun, and nothing in it was shown to anybody.
      segments.removeLast()
      guard last == 1 || !segments.isEmpty else {
        throw .damagedLine(log.segment(last), line: 1, "the first line is not whole, and the segment before it is gone")
      }
      dropped.droppedSegments.append(last)
      dropped.droppedBytes += scan.dropped.droppedBytes
    }
    return Finding(
      id: id, segments: [], position: LogPosition(id: 0, chain: id.value), length: 0, marks: SegmentMarks(),
      dropped: dropped)
  }

  private func identity(hasSegments: Bool) throws(EventLogError) -> LogID {
    if let id = try LogIdentity.read(log) { return id }
    guard !hasSegments else {
      throw .damagedFile(
        log.identity, "the file is gone, and segments of the log are there",
        doing: "write it anew: {\"format\":1,\"log_id\":\"…\"} with the log_id in the first line of a segment")
    }
    return try LogIdentity.make(log)
  }

  private struct Scan {
    var position: LogPosition
    var length = 0
    var marks = SegmentMarks()
    var dropped = EventLogRecovery()
  }

  private func scan(_ firstID: UInt64, of id: LogID) throws(EventLogError) -> Scan {
    let path = log.segment(firstID)
    let bytes: [UInt8]?
    do { bytes = try log.files.contents(of: path, limit: 1 << 32) } catch { throw EventLogError(error) }
    guard let bytes else {
      throw .damagedFile(path, "it was removed while the log was opened", doing: "open the log again")
    }
    return try bytes.span.bytes.withUnsafeBytes { (text) throws(EventLogError) in
      try scan(text, path, firstID, of: id)
    }
  }

  private func scan(
    _ text: UnsafeRawBufferPointer, _ path: FilePath, _ firstID: UInt64, of id: LogID
  ) throws(EventLogError) -> Scan {
    var scan = Scan(position: LogPosition(id: firstID - 1, chain: id.value))
    while scan.length < text.count {
      let rest = UnsafeRawBufferPointer(rebasing: text[scan.length...])
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n"), from: 0) else {
        scan.dropped = EventLogRecovery(droppedBytes: rest.count)
        break
      }
      let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
      // One with a hole is looked at below.
      if scan.length == 0, LineFrame(line) != nil, line.firstIndex(of: 0, from: 0) == nil {
        scan.position = try SegmentHeader.check(line, path: path, firstID: firstID, of: id).start
      }
      guard let frame = LineFrame(line), let next = frame.follows(scan.position, line) else {
        guard Self.isTorn(rest) else {
          throw .damagedLine(
            path, line: scan.position.id + 2 - firstID, "its id or its chain does not follow from the line before")
        }
        scan.dropped = EventLogRecovery(droppedBytes: rest.count)
        break
      }
      scan.marks.note(SegmentMark(position: scan.position, offset: scan.length))
      scan.position = next
      scan.length += end + 1
    }
    return scan
  }

  /// Whether what begins with a bad line can be a group of lines that was being written when the power went: what was
  /// not synchronised comes back as a part, or with holes of zeros. A zero is in no line that was written whole, and
  /// once a later group has begun everything before it was on the disk: then it is damage.
  private static func isTorn(_ rest: UnsafeRawBufferPointer) -> Bool {
    guard rest.firstIndex(of: 0, from: 0) != nil else { return false }
    var position = 0
    while let end = rest.firstIndex(of: UInt8(ascii: "\n"), from: position) {
      let line = UnsafeRawBufferPointer(rebasing: rest[position..<end])
      if position > 0, LineFrame(line)?.beginsGroup == true { return false }
      position = end + 1
    }
    return true
  }
}
