internal import Synchronization

/// Sees to it that one replicable has one job at a time, and that who asks for what runs already gets its result.
///
/// A job belongs to those who wait for it: it is cancelled when the last of them is.
actor RunningJobs {
  private enum Job {
    case sync(SharedTask<SyncResult>)
    case verification(SharedTask<VerificationResult>)
  }

  private var jobs: [ReplicableID: (number: Int, job: Job)] = [:]
  private var count = 0

  /// The ids that are worked on now.
  var running: [ReplicableID] { jobs.keys.sorted() }

  func sync(_ id: ReplicableID, _ body: @escaping @Sendable () async throws -> SyncResult) async throws -> SyncResult {
    while let (_, job) = jobs[id] {
      switch job {
      case .sync(let task): return try await task.value()
      case .verification(let task): await task.end()
      }
      try Task.checkCancellation()
    }
    let number = nextNumber()
    let task = SharedTask {
      defer { self.end(id, number) }
      return try await body()
    }
    jobs[id] = (number, .sync(task))
    return try await task.value()
  }

  func verification(
    _ id: ReplicableID, _ body: @escaping @Sendable () async throws -> VerificationResult
  ) async throws -> VerificationResult {
    while let (_, job) = jobs[id] {
      switch job {
      case .verification(let task): return try await task.value()
      case .sync(let task): await task.end()
      }
      try Task.checkCancellation()
    }
    let number = nextNumber()
    let task = SharedTask {
      defer { self.end(id, number) }
      return try await body()
    }
    jobs[id] = (number, .verification(task))
    return try await task.value()
  }

  private func nextNumber() -> Int {
    count += 1
    return count
  }

  /// Removes the job, but not one that has taken its place.
  private func end(_ id: ReplicableID, _ number: Int) {
    if jobs[id]?.number == number { jobs[id] = nil }
  }
}

/// A task with several who wait for it.
private final class SharedTask<Value: Sendable>: Sendable {
  private let task: Task<Value, any Error>
  private let waiters = Mutex(0)

  init(@_inheritActorContext _ body: @escaping @Sendable @isolated(any) () async throws -> Value) {
    task = Task { try await body() }
  }

  /// The task's result. Cancelling the last who waits cancels the task.
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

  /// Waits until it has ended, however it did; its error is told to those who asked for its value.
  func end() async { _ = await task.result }
}
