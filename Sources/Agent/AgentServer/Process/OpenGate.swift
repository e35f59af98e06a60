internal import Synchronization

/// Makes services wait until `arrive` was called a given number of times.
final class OpenGate: Sendable {
  private struct State {
    var missing: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  /// - Parameter count: the number of calls of `arrive` to wait for.
  init(after count: Int) { state = Mutex(State(missing: count)) }

  func arrive() {
    let freed = state.withLock { state in
      state.missing -= 1
      guard state.missing == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in freed { continuation.resume() }
  }

  /// Releases all waiters, even if arrivals are missing.
  func force() {
    let freed = state.withLock { state in
      state.missing = 0
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in freed { continuation.resume() }
  }

  func pass() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOpen = state.withLock { state in
          if state.missing > 0 { state.waiting.append(continuation) }
          return state.missing <= 0
        }
        if isOpen { continuation.resume() }
      }
    } onCancel: {
      force()
    }
  }
}
