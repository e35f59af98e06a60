/// The one way from a blocking thread into async code.
package enum Bridge {
  /// How long a given-up operation gets to notice it, so that as a rule nothing of it runs when `wait` has returned.
  private static let farewell = Duration.milliseconds(50)

  /// Blocks the calling thread until `operation` has ended, and hands on its result.
  ///
  /// At the deadline, or when the flag is raised, the operation's task is cancelled and this throws; an operation that
  /// ignores its cancellation for longer than 50 ms is left to end by itself.
  ///
  /// To be called on a thread of a `WorkerPool` or on a program's own thread, never in async code: it would take a
  /// thread of the cooperative pool from the very operation that it waits for, and with all of them waiting nothing
  /// moves again.
  /// - Throws: what `operation` throws, `Cancelled`, or `DeadlineExceeded`.
  package static func wait<T: Sendable>(
    until deadline: Deadline, cancellation: CancellationFlag, _ operation: @escaping @Sendable () async throws -> T
  ) throws -> T {
    try cancellation.check()
    let delivery = Delivery<T>()
    let task = Task {
      do { delivery.fulfill(.success(try await operation())) } catch { delivery.fulfill(.failure(error)) }
    }
    do {
      return try delivery.wait(until: deadline, cancellation: cancellation)
    } catch {
      task.cancel()
      _ = delivery.isThere(by: .after(farewell))
      throw error
    }
  }
}

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
