internal import Dispatch
internal import Synchronization

/// Two pieces of work that the processor does at once, for work that takes long enough to be worth a second thread.
package enum Pair {
  /// Runs both and returns when both have ended. Neither may wait for the other: where no thread is free they run one after the
  /// other.
  package static func run<First: Sendable, Second: Sendable>(
    _ first: @Sendable () -> First, _ second: @Sendable () -> Second
  ) -> (First, Second) {
    let results = Mutex<(First?, Second?)>((nil, nil))
    DispatchQueue.concurrentPerform(iterations: 2) { number in
      if number == 0 {
        let result = first()
        results.withLock { $0.0 = result }
      } else {
        let result = second()
        results.withLock { $0.1 = result }
      }
    }
    guard case (let first?, let second?) = results.withLock({ $0 }) else {
      preconditionFailure("both have ended")
    }
    return (first, second)
  }
}
