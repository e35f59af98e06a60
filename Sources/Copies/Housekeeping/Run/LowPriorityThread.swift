internal import Foundation
internal import Glibc
internal import WorkerPool

/// A thread that gets the processor when no other thread needs it.
enum LowPriorityThread {
  /// The kernel's lowest (nice(2)).
  private static let lowest: Int32 = 19

  /// Runs `body` on a new thread and waits for it.
  ///
  /// Priorities belong to threads on Linux, and one that has lowered its own may not raise it again: hence a thread of
  /// its own, and not the caller's. Programs that it starts inherit the priority, from which their I/O priority is
  /// derived as well (ioprio_set(2)).
  static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
    let delivered = Monitor<Result?>(nil)
    let thread = Thread {
      // Refused it only costs others some speed.
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, lowest)
      let result = body()
      delivered.withLock { $0 = result }
    }
    thread.name = "housekeeping"
    thread.start()
    while true {
      if let result = delivered.wait(until: .distant, { $0 }) { return result }
    }
  }
}
