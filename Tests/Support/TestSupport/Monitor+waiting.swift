package import WorkerPool

extension Monitor {
  /// Reads or changes the value, and wakes all waiters.
  @discardableResult
  package func with<Result>(_ body: (inout State) throws -> Result) rethrows -> Result { try withLock(body) }

  /// Returns a copy of the value. Wakes no waiter.
  package var current: State {
    guard let state = wait(until: .distant, { Optional.some($0) }) else { preconditionFailure("taken at once") }
    return state
  }

  /// Blocks the thread until `isReached` says so; false when `limit` has passed before.
  package func wait(atMost limit: Duration, until isReached: (State) -> Bool) -> Bool {
    wait(until: .after(limit)) { isReached($0) ? true : nil } ?? false
  }
}
