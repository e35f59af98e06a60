internal import Synchronization

/// Shares the result of a running job among the callers of `Secondary` that request the same job, and makes other jobs
/// of its replicable wait for its end. An agent's scheduler never starts such jobs concurrently; this serves programs
/// that call `Secondary` themselves, and the second pass of an object check.
///
/// A job is cancelled when the last caller that waits for it is.
actor RunningJobs {
  private enum Job {
    case sync(SharedTask<SyncResult>)
    case verification(SharedTask<VerificationResult>)
    case housekeeping(SharedTask<HousekeepingResult>)
    case secondLook(SharedTask<[String]>)

    /// Waits until it has ended, with or without an error.
    func end() async {
      switch self {
      case .sync(let task): await task.end()
      case .verification(let task): await task.end()
      case .housekeeping(let task): await task.end()
      case .secondLook(let task): await task.end()
      }
    }
  }

  private var jobs: [ReplicableID: (number: Int, job: Job)] = [:]
  private var count = 0

  /// The ids with a running job.
  var running: [ReplicableID] { jobs.keys.sorted() }

  func sync(_ id: ReplicableID, _ body: @escaping @Sendable () async throws -> SyncResult) async throws -> SyncResult {
    try await share(id, Job.sync, body) { if case .sync(let task) = $0 { task } else { nil } }
  }

  func verification(
    _ id: ReplicableID, _ body: @escaping @Sendable () async throws -> VerificationResult
  ) async throws -> VerificationResult {
    try await share(id, Job.verification, body) { if case .verification(let task) = $0 { task } else { nil } }
  }

  func housekeeping(
    _ id: ReplicableID, _ body: @escaping @Sendable () async throws -> HousekeepingResult
  ) async throws -> HousekeepingResult {
    try await share(id, Job.housekeeping, body) { if case .housekeeping(let task) = $0 { task } else { nil } }
  }

  /// Runs the second pass of an object check, which rechecks the findings of the first, during which other jobs may
  /// have written.
  func secondLook(
    _ id: ReplicableID, _ body: @escaping @Sendable () async throws -> [String]
  ) async throws -> [String] {
    try await share(id, Job.secondLook, body) { if case .secondLook(let task) = $0 { task } else { nil } }
  }

  /// - Parameter same: the task of a running job of the requested kind.
  private func share<Result: Sendable>(
    _ id: ReplicableID, _ job: (SharedTask<Result>) -> Job, _ body: @escaping @Sendable () async throws -> Result,
    same: (Job) -> SharedTask<Result>?
  ) async throws -> Result {
    while let (_, running) = jobs[id] {
      if let task = same(running) { return try await task.value() }
      await running.end()
      try Task.checkCancellation()
    }
    let number = nextNumber()
    let task = SharedTask {
      defer { self.end(id, number) }
      return try await body()
    }
    jobs[id] = (number, job(task))
    return try await task.value()
  }

  private func nextNumber() -> Int {
    count += 1
    return count
  }

  /// Removes the job, but not one that has replaced it.
  private func end(_ id: ReplicableID, _ number: Int) {
    if jobs[id]?.number == number { jobs[id] = nil }
  }
}

/// A task with several waiters.
private final class SharedTask<Value: Sendable>: Sendable {
  private let task: Task<Value, any Error>
  private let waiters = Mutex(0)

  init(@_inheritActorContext _ body: @escaping @Sendable @isolated(any) () async throws -> Value) {
    task = Task { try await body() }
  }

  /// Returns the task's result. Cancelling the last waiter cancels the task.
  func value() async throws -> Value {
    waiters.withLock { $0 += 1 }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      let isLast = waiters.withLock { waiters in
        waiters -= 1
        return waiters == 0
      }
      if isLast { task.cancel() }
    }
  }

  /// Waits until the job has ended, with or without an error. The error is thrown to callers that await the job's
  /// value.
  func end() async { _ = await task.result }
}
