internal import Synchronization
internal import WorkerPool

/// Wakes one loop: several raises before its next wait count as one.
final class AutoResetEvent: Sendable {
  private enum State {
    case idle
    case raised
    case waiting(CheckedContinuation<Void, Never>)
  }

  private let state = Mutex(State.idle)

  func raise() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if case .waiting(let continuation) = state {
        state = .idle
        return continuation
      }
      state = .raised
      return nil
    }
    waiter?.resume()
  }

  /// Waits until it is raised, if it was not raised since the last wait; returns at the latest after `limit`, or when
  /// the task is cancelled.
  ///
  /// For one loop: a second waiter would consume the first one's raise.
  func wait(atMost limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.wait() }
      group.addTask {
        // It is cancelled when the other task ends.
        try? await TimedWait.sleep(for: limit)
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayGoOn = state.withLock { state in
          if case .raised = state {
            state = .idle
            return true
          }
          guard !Task.isCancelled else { return true }
          state = .waiting(continuation)
          return false
        }
        if mayGoOn { continuation.resume() }
      }
    } onCancel: {
      // The wait timed out: a later raise is for the next wait.
      let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
        guard case .waiting(let continuation) = state else { return nil }
        state = .idle
        return continuation
      }
      waiter?.resume()
    }
  }
}
