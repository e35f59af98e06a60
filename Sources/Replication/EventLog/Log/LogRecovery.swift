internal import DurableFiles
internal import DurableJournal
internal import Replication
internal import SystemPackage
internal import TextBytes

/// Finds the last complete line of a log when it is opened. Reads the last segment only.
struct LogRecovery {
  let log: LogFiles

  /// The result of the recovery.
  struct Finding {
    var id: LogID
    /// The first ids of the segments, growing; empty in a log that has none yet.
    var segments: [UInt64]
    /// The last line.
    var position: LogPosition
    /// Bytes of the last segment up to there; a longer file is cut.
    var length: Int
    /// Marks in the last segment.
    var marks: SegmentMarks
    var dropped: EventLogRecovery
  }

  /// - Throws: `damaged` or `newerFormat`, with the file, the line and the remedy; nothing was changed then.
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
      // Its header is torn: the segment was being created, and no reader has seen a line of it.
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
    let whole = try JournalScan(text, beginsGroup: { LineFrame($0)?.beginsGroup == true }) {
      (line, offset, number) throws(EventLogError) in
      // A header with a hole is not checked here: it is torn or damaged, like any other line.
      if offset == 0, LineFrame(line) != nil, line.firstIndex(of: 0, from: 0) == nil {
        scan.position = try SegmentHeader.check(line, path: path, firstID: firstID, of: id).start
      }
      guard let next = LineFrame(line)?.follows(scan.position, line) else {
        return .damagedLine(
          path, line: UInt64(number), "its id or its chain does not follow from the line before")
      }
      scan.marks.note(SegmentMark(position: scan.position, offset: offset))
      scan.position = next
      return nil
    }
    scan.length = whole.length
    scan.dropped = EventLogRecovery(droppedBytes: text.count - whole.length)
    return scan
  }
}

/// The unacknowledged leftovers of a crash at the end of a log, which opening it removed.
package struct EventLogRecovery: Hashable, Sendable {
  /// Bytes after the last complete line.
  package internal(set) var droppedBytes = 0
  /// The first ids of segments that were being created and have no complete line.
  package internal(set) var droppedSegments: [UInt64] = []

  /// Nothing was torn.
  package var isClean: Bool { droppedBytes == 0 && droppedSegments.isEmpty }
}
