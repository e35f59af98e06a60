import TestSupport
import WorkerPool

/// Runs each job of a task on a thread of its own. A mirror run blocks its thread and waits there for async work; were that
/// thread one of the cooperative pool's few, the work could never run.
final class OwnThreadExecutor: TaskExecutor {
  private static let shared = OwnThreadExecutor()
  /// Tests beyond this number wait: on two cores more at a time would only make each of them slow.
  private static let gate = AdmissionGate(name: "mirror tests", places: 4, waitingLimit: 10_000)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    OwnThread.start(named: "mirror-test") { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Runs blocking work of a test; expectations in it belong to that test.
  static func run(_ body: @Sendable () throws -> Void) async throws {
    try await gate.enter()
    defer { gate.leave() }
    try await withTaskExecutorPreference(shared) { try body() }
  }
}
