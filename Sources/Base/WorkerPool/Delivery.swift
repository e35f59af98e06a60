/// One value on its way from async code to a thread that waits for it.
package final class Delivery<T: Sendable>: Sendable {
  private let result = Monitor<Result<T, any Error>?>(nil)

  package init() {}

  /// Hands the value or the error over. Only the first one counts.
  package func fulfill(_ outcome: Result<T, any Error>) {
    result.withLock { if $0 == nil { $0 = outcome } }
  }

  /// Blocks the calling thread until the value is there. May be called again, and gives the same.
  ///
  /// Not to be called in async code (see `Bridge`).
  /// - Throws: the delivered error, `Cancelled`, or `DeadlineExceeded`.
  package func wait(until deadline: Deadline, cancellation: CancellationFlag) throws -> T {
    let registration = cancellation.onRaise { [result] in result.wakeAll() }
    defer { registration.remove() }
    let outcome: Result<T, any Error>? = result.wait(until: deadline) { result in
      result ?? (cancellation.isRaised ? .failure(Cancelled()) : nil)
    }
    guard let outcome else { throw DeadlineExceeded() }
    return try outcome.get()
  }

  /// Blocks until the value is there or the deadline has passed, regardless of cancellation.
  /// - Returns: whether it is there.
  package func isThere(by deadline: Deadline) -> Bool {
    result.wait(until: deadline) { $0 == nil ? nil : true } ?? false
  }
}
