internal import Synchronization
internal import WorkerPool

/// Those who wait for their events to be written. One of them leads: it writes for all who wait, then hands the lead
/// on. So one fsync serves many, and no task runs without somebody who asked for it.
final class PublishQueue: Sendable {
  /// What became of somebody who waited.
  enum Turn: Sendable {
    /// Write the next group, then call `handOn`.
    case lead
    /// Somebody else wrote; the id of the first event.
    case done(UInt64)
  }

  /// Somebody who waits, with what is to be written.
  struct Entry: Sendable {
    let ticket: UInt64
    let lines: [[UInt8]]
    let bytes: Int
    /// nil once its owner leads.
    var continuation: CheckedContinuation<Turn, any Error>?
  }

  private struct State {
    var entries: [Entry] = []
    var bytes = 0
    var nextTicket: UInt64 = 0
    var hasLeader = false
    var isClosed = false
  }

  private let waitingBytes: Int
  private let state = Mutex(State())

  init(waitingBytes: Int) { self.waitingBytes = waitingBytes }

  /// How many wait for their turn now.
  var waitingCount: Int { state.withLock { $0.entries.count } }

  func ticket() -> UInt64 {
    state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
  }

  /// Waits until the lines are written, or until it is this one's turn to write.
  /// - Throws: what the write threw; `Cancelled` when the task was cancelled before its lines were being written;
  ///   `busy`, `closed`.
  func join(_ ticket: UInt64, _ lines: [[UInt8]]) async throws -> Turn {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let outcome = arrive(ticket, lines, continuation) { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Turn, any Error>? in
        // Who leads has no continuation: its wait for a thread is ended by the pool.
        guard let index = state.entries.firstIndex(where: { $0.ticket == ticket && $0.continuation != nil }) else {
          return nil
        }
        state.bytes -= state.entries[index].bytes
        return state.entries.remove(at: index).continuation
      }
      continuation?.resume(throwing: Cancelled())
    }
  }

  private func arrive(
    _ ticket: UInt64, _ lines: [[UInt8]], _ continuation: CheckedContinuation<Turn, any Error>
  ) -> Result<Turn, any Error>? {
    let bytes = lines.reduce(0) { $0 + $1.count + LineFrame.overhead }
    return state.withLock { state in
      if Task.isCancelled { return .failure(Cancelled()) }
      if state.isClosed { return .failure(EventLogError(.closed, "publish events: the event log was closed")) }
      guard state.bytes + bytes <= waitingBytes else {
        return .failure(refusal(of: bytes, besides: state.bytes))
      }
      let leads = !state.hasLeader
      state.hasLeader = true
      state.bytes += bytes
      state.entries.append(
        Entry(ticket: ticket, lines: lines, bytes: bytes, continuation: leads ? nil : continuation))
      return leads ? .success(.lead) : nil
    }
  }

  private func refusal(of bytes: Int, besides waiting: Int) -> EventLogError {
    if bytes > waitingBytes {
      return EventLogError(
        .tooLarge, "publish events: they take \(bytes) bytes, \(waitingBytes) are taken at once; publish them in parts")
    }
    return EventLogError(.busy, "publish events: \(waiting) bytes wait to be written already; try again later")
  }

  /// The next ones to be written together, in order of arrival: as many as make up `limit` bytes, one at least.
  func take(limit: Int) -> [Entry] {
    state.withLock { state in
      var count = 0
      var bytes = 0
      while count < state.entries.count, count == 0 || bytes + state.entries[count].bytes <= limit {
        bytes += state.entries[count].bytes
        count += 1
      }
      let taken = Array(state.entries.prefix(count))
      state.entries.removeFirst(count)
      state.bytes -= bytes
      return taken
    }
  }

  /// Gives the lead to the one who waits longest, or to nobody. Takes back what this leader wanted, if it was not
  /// written.
  func handOn(from ticket: UInt64) {
    let next = state.withLock { state -> CheckedContinuation<Turn, any Error>? in
      if let index = state.entries.firstIndex(where: { $0.ticket == ticket }) {
        state.bytes -= state.entries.remove(at: index).bytes
      }
      guard let first = state.entries.indices.first else {
        state.hasLeader = false
        return nil
      }
      defer { state.entries[first].continuation = nil }
      return state.entries[first].continuation
    }
    next?.resume(returning: .lead)
  }

  /// Refuses whoever comes from now on. Those who wait are still written.
  func close() { state.withLock { $0.isClosed = true } }
}
