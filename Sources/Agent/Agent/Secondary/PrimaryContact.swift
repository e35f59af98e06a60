internal import Replication
internal import Synchronization

/// When the primary last answered, and the error when it did not.
final class PrimaryContact: Sendable {
  private struct State {
    var lastContactAt: Timestamp?
    var failure: String?
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> Timestamp

  init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

  func answered() {
    let moment = now()
    state.withLock { state in
      state.lastContactAt = moment
      state.failure = nil
    }
  }

  func failed(_ why: String) { state.withLock { $0.failure = why } }

  var lastContactAt: Timestamp? { state.withLock { $0.lastContactAt } }
  /// The last error; `nil` when it answered.
  var failure: String? { state.withLock { $0.failure } }
}
