internal import Dispatch
internal import Glibc
internal import NIOPosix
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

/// Runs async work of low priority on a thread of its own, which uses only idle processor time.
///
/// Work gets there by `withTaskExecutorPreference`, from its first `@concurrent` call on. Many concurrent requests then
/// neither fill the cooperative pool, which has as many threads as cores, nor compete with the main work of the
/// process. One thread, because a small machine has only two cores. (The policy SCHED_IDLE, and connections on the same
/// thread, were tried: neither made a difference that could be distinguished from noise.)
package final class LowPriorityExecutor: TaskExecutor {
  private let thread = NIOThreadPool(numberOfThreads: 1)

  /// How far it stands back (setpriority(2)): beside others it gets about a tenth of a processor, and alone all of it.
  /// Beside readers without a pause copies came 1.5 times as late without it, and 1.2 to 1.3 times with it.
  private static let niceness: CInt = 10

  /// Starts the thread.
  package init() {
    thread.start()
    // On Linux 0 is the calling thread. Where it is not allowed the work is only less quiet.
    thread.submit { _ in _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness) }
  }

  /// Runs a piece of a task there; after `shutdown` at once, since a task whose pieces do not run never ends.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    thread.submit { [self] _ in job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  /// Ends the thread after the enqueued work has run.
  package func shutdown() async {
    await withCheckedContinuation { continuation in
      // The callback's error says that the pool was not running; it was, and stopped is what we want.
      thread.shutdownGracefully { _ in continuation.resume() }
    }
  }
}
