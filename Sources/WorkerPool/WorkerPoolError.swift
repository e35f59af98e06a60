/// Why a pool did not run a piece of work. The work was never begun.
package struct WorkerPoolError: Error, Hashable, CustomStringConvertible {
  /// What hinders the pool.
  package enum Code: String, Sendable {
    /// As many wait already as may wait.
    case full
    /// The pool was shut down.
    case stopped
  }

  package let code: Code
  /// The name that the pool was made with.
  package let pool: String

  package var description: String {
    switch code {
    case .full: "worker pool '\(pool)' takes no more work: its waiting line is full; try again later"
    case .stopped: "worker pool '\(pool)' takes no more work: it was shut down"
    }
  }
}
