/// Why a pool or a gate did not take a piece of work. The work was never begun.
package struct WorkerPoolError: Error, Hashable, CustomStringConvertible {
  /// What hinders it.
  package enum Code: String, Sendable {
    /// As many wait already as may wait.
    case full
    /// The pool was shut down.
    case stopped
  }

  package let code: Code
  /// The name that the pool or the gate was made with.
  package let pool: String

  package init(code: Code, pool: String) {
    self.code = code
    self.pool = pool
  }

  package var description: String {
    switch code {
    case .full: "'\(pool)' takes no more work: its waiting line is full; try again later"
    case .stopped: "'\(pool)' takes no more work: it was shut down"
    }
  }
}
