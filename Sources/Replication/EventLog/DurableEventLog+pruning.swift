internal import DurableFiles
package import Replication
internal import Synchronization
internal import WorkerPool

extension DurableEventLog {
  /// Records how far a secondary has read, for pruning. It is written to disk only when the secondary has reached
  /// another segment, because only then it affects pruning. The next acknowledgement restores what a crash loses.
  /// - Throws: `EventLogError`: `refused` for a cursor of another log or beyond the end and for a bad name;
  ///   `fileSystem`.
  package func acknowledge(secondary: String, _ cursor: Cursor) async throws {
    let (end, segments) = state.withLock { ($0.durable.id, $0.segments) }
    guard cursor.log == id, cursor.id <= end else {
      throw EventLogError(
        .refused,
        "acknowledge events for '\(secondary)': the cursor \(cursor) is not of the log \(id), which ends at \(end)")
    }
    // On a thread of the pool, because the lock is held while the file is saved.
    try await pool.run { _ in
      try self.readers.withLock { (readers) throws(EventLogError) in
        let before = readers.cursors[secondary]
        try readers.acknowledge(secondary, cursor)
        let isFurther = before.map { Self.passed($0.id, of: segments) != Self.passed(cursor.id, of: segments) }
        if isFurther ?? true { try readers.save() }
      }
    }
  }

  /// Returns how many segments begin no later than after a line.
  private static func passed(_ id: UInt64, of segments: [UInt64]) -> Int { segments.count { $0 <= id + 1 } }

  /// Removes whole segments, oldest first: those that all of these secondaries have passed, and those beyond the
  /// retention limit, even if a secondary still needs them. The last segment stays.
  ///
  /// A crash in between leaves a log that begins a few segments later or earlier, and has no gap.
  /// - Parameter secondaries: the names of all that there are; one that never acknowledged has passed nothing.
  ///   Acknowledgements of other names are dropped.
  package func prune(secondaries: Set<String>) async throws -> PruneReport {
    let isFree = state.withLock { state in
      defer { state.isPruning = true }
      return !state.isPruning
    }
    guard isFree else { throw EventLogError(.busy, "prune the event log: it is being pruned already") }
    defer { state.withLock { $0.isPruning = false } }
    return try await pool.run { _ in try self.pruneNow(secondaries) }
  }

  private func pruneNow(_ secondaries: Set<String>) throws(EventLogError) -> PruneReport {
    let passed = try readers.withLock { (readers) throws(EventLogError) in
      readers.keep(only: secondaries)
      try readers.save()
      return secondaries.map { readers.cursors[$0]?.id ?? 0 }.min() ?? .max
    }
    let segments = state.withLock { $0.segments }
    var sizes: [Int] = []
    for segment in segments { sizes.append(try size(of: segment)) }
    var total = sizes.reduce(0, +)
    var report = PruneReport()
    for (index, segment) in segments.dropLast().enumerated() {
      let next = segments[index + 1]
      let isRead = next - 1 <= passed
      if !isRead, total <= settings.retention.bytes {
        guard try isTooOld(endingBefore: next) else { break }
      }
      try remove(segment, isFirst: index == 0)
      total -= sizes[index]
      report.segments += 1
      report.bytes += sizes[index]
      report.unreadSegments += isRead ? 0 : 1
    }
    return report
  }

  private func size(of segment: UInt64) throws(EventLogError) -> Int {
    do { return Int(try log.files.status(of: log.segment(segment))?.size ?? 0) } catch { throw EventLogError(error) }
  }

  /// Whether a segment is older than the retention: it ended when the next one began. A clock that was set back makes
  /// no segment old.
  private func isTooOld(endingBefore next: UInt64) throws(EventLogError) -> Bool {
    let header = try SegmentWalk.header(
      path: log.segment(next), firstID: next, of: id, lineBytes: settings.lineBytes)
    return now() - header.createdAt > settings.retention.age
  }

  /// Removes a segment, after hiding it from readers. Each removal is durable before the next: otherwise a loss of
  /// power could bring back an older segment without the one after it, which would be a gap.
  private func remove(_ segment: UInt64, isFirst: Bool) throws(EventLogError) {
    state.withLock { state in
      state.segments.removeFirst()
      state.marks[segment] = nil
    }
    do {
      if !isFirst { try log.files.synchronizeDirectory(log.directory) }
      try log.files.unlink(log.segment(segment))
    } catch {
      state.withLock { $0.segments.insert(segment, at: 0) }
      throw EventLogError(error)
    }
  }
}

/// The result of pruning.
package struct PruneReport: Hashable, Sendable {
  /// Removed segments.
  package internal(set) var segments = 0
  /// Their bytes.
  package internal(set) var bytes = 0
  /// Removed segments that not all secondaries had passed: they exceeded the retention limit.
  package internal(set) var unreadSegments = 0

  /// Nothing happened.
  package init() {}
}

extension DurableEventLog {
  /// Reads every line of the log and checks ids, chain and content, from the oldest segment to the last durable line.
  /// - Returns: the number of lines, including those that are no events.
  /// - Throws: `EventLogError.damaged` with file, line and remedy; `Cancelled`.
  @discardableResult
  package func check() async throws -> Int {
    try await pool.run { flag in
      let end = self.state.withLock { $0.durable }
      var position: LogPosition?
      var first: UInt64?
      while position.map({ $0.id < end.id }) ?? true {
        try flag.check()
        if first == nil { first = self.state.withLock { $0.segments[0] } }
        var reading = LogReading(self, limit: 10_000)
        do throws(LogReadingError) {
          try reading.run(after: position)
        } catch .pruned {
          // The log was pruned meanwhile: removed segments need no check.
          (position, first) = (nil, nil)
          continue
        } catch .failed(let error) {
          throw error
        } catch .forked {
          throw EventLogError(.damaged, "check the event log: it is not the one that was opened; open it again")
        }
        position = reading.position
      }
      return Int(end.id - (first ?? 1) + 1)
    }
  }
}
