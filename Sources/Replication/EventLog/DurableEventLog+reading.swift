package import Replication
internal import Synchronization
internal import WorkerPool

extension DurableEventLog: EventReading {
  /// Returns durable events after a cursor, in order.
  ///
  /// The returned cursor is after all lines that were read, including lines that are no events. Such lines end a wait as
  /// well: a log that was opened again has one, and a reader that waited on would be behind its end until the next event.
  /// - Parameters:
  ///   - cursor: nil starts at the oldest kept event.
  ///   - limit: the maximum of events; clamped to 1 to 10,000.
  ///   - wait: how long to wait for a line if there is none; `EventLogSettings.longestWait` at most.
  /// - Throws: `forked` when the cursor is not of this log's history, `pruned` when the events after it are no longer
  ///   kept, `unavailable` for damage (with file, line and remedy), a closed log, too many readers, and when the task
  ///   was cancelled.
  package func events(
    after cursor: Cursor?, limit: Int, wait: Duration = .zero
  ) async throws(PrimaryAccessError) -> EventBatch {
    let deadline = Deadline.after(min(wait, settings.longestWait))
    var batch = try await read(after: cursor, limit: limit)
    while batch.events.isEmpty, batch.cursor == cursor, !deadline.hasPassed {
      do { try await line.wait(beyond: batch.cursor.id, until: deadline) } catch { throw .unavailable("\(error)") }
      if Task.isCancelled { throw .unavailable("read events: cancelled") }
      batch = try await read(after: batch.cursor, limit: limit)
    }
    return batch
  }

  /// Returns when a line was written; `nil` for one that is not kept, or that cannot be read.
  package func moment(ofLine id: UInt64) async -> Timestamp? {
    guard id > 0 else { return nil }
    // A reader of events gets the error of a damaged line; here only the time is missing.
    return try? await pool.run { _ in
      var reading = LogReading(self, limit: 1)
      return try reading.moment(ofLine: id)
    }
  }

  /// Returns events before a line, or the last ones, the newest first; fewer than `limit` where some lines are no
  /// events.
  ///
  /// - Parameter limit: 1 to 1,000.
  /// - Throws: as `events`.
  package func events(before id: UInt64?, limit: Int) async throws(PrimaryAccessError) -> [Event] {
    do {
      return try await pool.run { _ in
        var reading = LogReading(self, limit: limit)
        try reading.run(before: id, lines: UInt64(max(1, min(limit, 1_000))))
        return reading.events.reversed()
      }
    } catch {
      throw .unavailable("\(error)")
    }
  }

  private func read(after cursor: Cursor?, limit: Int) async throws(PrimaryAccessError) -> EventBatch {
    let (durable, isClosed) = state.withLock { ($0.durable, $0.isClosed) }
    if isClosed { throw .unavailable("read events: the event log was closed") }
    // Most readers are at the end.
    if let cursor, cursor == self.cursor(durable) { return EventBatch(events: [], cursor: cursor) }
    do {
      return try await pool.run { _ in try self.readNow(after: cursor, limit: max(1, min(limit, 10_000))) }
    } catch let error as PrimaryAccessError {
      throw error
    } catch {
      throw .unavailable("\(error)")
    }
  }

  /// Blocks on the disk.
  private func readNow(after cursor: Cursor?, limit: Int) throws(PrimaryAccessError) -> EventBatch {
    if let cursor, cursor.log != id { throw .forked }
    var reading = LogReading(self, limit: limit)
    do {
      try reading.run(after: cursor.map { LogPosition(id: $0.id, chain: $0.chain) })
    } catch {
      switch error {
      case .forked: throw .forked
      case .pruned: throw .pruned
      case .failed(let failure): throw .unavailable("\(failure)")
      }
    }
    return EventBatch(events: reading.events, cursor: self.cursor(reading.position))
  }
}

/// Readers that wait for the log to grow. Only durable lines wake them.
final class ReaderLine: Sendable {
  private struct State {
    /// The id of the last durable line.
    var durable: UInt64
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextTicket: UInt64 = 0
    var isClosed = false
  }

  private let limit: Int
  private let state: Mutex<State>

  init(limit: Int, durable: UInt64) {
    self.limit = limit
    state = Mutex(State(durable: durable))
  }

  /// How many wait now.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Wakes the readers, because the log has grown.
  func announce(_ durable: UInt64) {
    let woken = state.withLock { state in
      state.durable = max(state.durable, durable)
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in woken.values { continuation.resume() }
  }

  /// Ends every wait, and every later one at once.
  func close() {
    let woken = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in woken.values { continuation.resume() }
  }

  /// Waits until a line after `id` is durable, the deadline has passed, the queue was closed or the task is cancelled;
  /// the caller checks which.
  /// - Throws: `busy` when too many wait.
  func wait(beyond id: UInt64, until deadline: Deadline) async throws(EventLogError) {
    let ticket = try state.withLock { (state) throws(EventLogError) in
      guard state.waiting.count < limit else {
        throw EventLogError(.busy, "wait for events: \(limit) readers wait already; ask again without waiting")
      }
      state.nextTicket += 1
      return state.nextTicket
    }
    let remaining = deadline.remaining
    guard remaining > .zero else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.hold(ticket, beyond: id) }
      // Ends early when the group is cancelled, which is the only error.
      group.addTask { try? await TimedWait.sleep(for: remaining) }
      await group.next()
      group.cancelAll()
    }
  }

  private func hold(_ ticket: UInt64, beyond id: UInt64) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waits = state.withLock { state in
          guard !Task.isCancelled, !state.isClosed, state.durable <= id else { return false }
          state.waiting[ticket] = continuation
          return true
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      let continuation = state.withLock { $0.waiting.removeValue(forKey: ticket) }
      continuation?.resume()
    }
  }
}
