internal import NIOPosix
internal import Synchronization

/// A fixed number of threads of our own for calls that block: libgit2, file system, child processes.
///
/// Never NIO's shared pool, or file serving would stop behind syncs; never the cooperative pool, which has as many
/// threads as cores and must not be blocked. The waiting line is bounded and can be left by cancelling.
package final class WorkerPool: Sendable {
  private let name: String
  private let gate: AdmissionGate
  private let threads: NIOThreadPool
  /// The flags of what runs now, so that `shutdown` ends it; `nil` after that.
  private let running = Mutex<[ObjectIdentifier: CancellationFlag]?>([:])

  /// Starts the threads.
  /// - Parameters:
  ///   - name: stands in errors; short, lower case.
  ///   - threads: how many bodies run at once, 1 or more.
  ///   - waitingLimit: how many may wait for a thread before more are refused, 0 or more.
  package init(name: String, threads: Int, waitingLimit: Int) {
    precondition(threads > 0 && waitingLimit >= 0, "a pool needs a thread")
    self.name = name
    gate = AdmissionGate(name: name, places: threads, waitingLimit: waitingLimit)
    self.threads = NIOThreadPool(numberOfThreads: threads)
    self.threads.start()
  }

  /// How many wait for a thread now.
  package var waitingCount: Int { gate.waitingCount }

  /// Runs `body` on one of the threads.
  ///
  /// Cancelling the task while it waits ends the wait at once; while `body` runs it raises the flag, and this returns
  /// when `body` does.
  /// - Throws: what `body` throws; `Cancelled` when the task was cancelled before `body` began; `WorkerPoolError` when
  ///   the line is full or the pool was shut down.
  package func run<T: Sendable>(_ body: @escaping @Sendable (CancellationFlag) throws -> T) async throws -> T {
    try await gate.enter()
    defer { gate.leave() }
    let flag = CancellationFlag()
    try register(flag)
    defer { running.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(flag)) } }
    return try await withTaskCancellationHandler {
      try flag.check()
      return try await withCheckedThrowingContinuation { continuation in
        // Not `runIfActive`: after a shutdown it throws the error of a cancelled task.
        threads.submit { state in
          switch state {
          case .active: continuation.resume(with: Result { try body(flag) })
          case .cancelled: continuation.resume(throwing: WorkerPoolError(code: .stopped, pool: self.name))
          }
        }
      }
    } onCancel: {
      flag.raise()
    }
  }

  private func register(_ flag: CancellationFlag) throws(WorkerPoolError) {
    let isOpen = running.withLock { running in
      running?.updateValue(flag, forKey: ObjectIdentifier(flag))
      return running != nil
    }
    if !isOpen { throw WorkerPoolError(code: .stopped, pool: name) }
  }

  /// Sends away who waits, raises the flag of what runs, and returns when the threads have ended. A second call
  /// returns at once.
  package func shutdown() async {
    gate.close()
    let flags = running.withLock { running in
      defer { running = nil }
      return running
    }
    guard let flags else { return }
    for flag in flags.values { flag.raise() }
    await withCheckedContinuation { continuation in
      // The callback's error says that the pool was not running; it was, and stopped is what we want.
      threads.shutdownGracefully { _ in continuation.resume() }
    }
  }
}

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
