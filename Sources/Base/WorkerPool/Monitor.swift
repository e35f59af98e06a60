import Glibc

/// A value behind a lock, with a wait that a deadline bounds: how one thread blocks until another changes the value.
///
/// `Mutex` of the standard library cannot be waited on, `DispatchSemaphore` waits by the wall clock on Linux; this is
/// `pthread_cond_timedwait` by the monotonic clock.
///
/// Unchecked because the compiler does not see the lock: `state` is private, is read and written only in `withLock`
/// and `wait`, and both hold `mutex` while they do. The pointers are set once in `init`, and freed in `deinit`, when
/// no other code can hold a reference. `State` itself is `Sendable`, so it may change threads.
package final class Monitor<State: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  package init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    var attributes = pthread_condattr_t()
    var status = pthread_mutex_init(mutex, nil)
    precondition(status == 0, "pthread_mutex_init answered \(status)")
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    status = pthread_cond_init(condition, &attributes)
    precondition(status == 0, "pthread_cond_init answered \(status)")
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` alone with the value, then wakes all waiters. `body` must be short and must not call back.
  package func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Makes all waiters check their conditions again: for conditions that are not part of the value.
  ///
  /// It takes the lock; otherwise a waiter between its check and its sleep would miss the wakeup.
  package func wakeAll() { withLock { _ in } }

  /// Blocks the calling thread until `take` gives something, and returns it; `nil` when the deadline passed first.
  /// `take` is asked once at the start, after every change of the value, and once more when the deadline has passed.
  package func wait<Result>(until deadline: Deadline, _ take: (inout State) -> Result?) -> Result? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = take(&state) { return result }
      let remaining = deadline.remaining
      guard remaining > .zero else { return nil }
      var instant = Self.monotonic(after: remaining)
      // Whatever it answers (woken, timed out, woken for nothing), the loop looks again.
      _ = pthread_cond_timedwait(condition, mutex, &instant)
    }
  }

  private static func monotonic(after duration: Duration) -> timespec {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let (seconds, attoseconds) = duration.components
    let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000) + 1
    return timespec(
      tv_sec: now.tv_sec + Int(seconds) + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
  }
}
