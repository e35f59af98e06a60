internal import Glibc
internal import NIOPosix

/// A thread of its own for async work that may wait: it takes only what others leave of the processors.
///
/// Work gets there by `withTaskExecutorPreference`, from its first `@concurrent` call on. What is asked by many at once then neither fills the cooperative pool, which
/// has as many threads as cores, nor takes turns with the work that the process is for. One thread, because two would be all
/// that a small machine has. (The policy SCHED_IDLE, and connections on the same thread, were tried: neither made a difference
/// that could be distinguished from noise.)
package final class QuietThread: TaskExecutor {
  private let thread = NIOThreadPool(numberOfThreads: 1)

  /// How far it stands back (setpriority(2)): beside others it gets about a tenth of a processor, and alone all of it. Beside readers
  /// without a pause copies came 1.5 times as late without it, and 1.2 to 1.3 times with it.
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

  /// Ends the thread when what is enqueued has run.
  package func shutdown() async {
    await withCheckedContinuation { continuation in
      // The callback's error says that the pool was not running; it was, and stopped is what we want.
      thread.shutdownGracefully { _ in continuation.resume() }
    }
  }
}
