internal import Synchronization
internal import WorkerPool

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
