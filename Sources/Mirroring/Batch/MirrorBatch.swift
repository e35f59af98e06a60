internal import SystemPackage
internal import WorkerPool

/// Mirrors many repositories, several at a time, on threads of its own.
package struct MirrorBatch: Sendable {
  /// A run that has ended.
  package struct Ended: Sendable {
    package let index: Int
    package let outcome: MirrorOutcome
    package let duration: Duration
  }

  private let environment: MirrorEnvironment
  private let jobs: Int

  /// - Parameter jobs: runs at a time, 1 or more.
  package init(environment: MirrorEnvironment, jobs: Int) {
    precondition(jobs >= 1, "a batch needs a worker")
    self.environment = environment
    self.jobs = jobs
  }

  /// Runs every request and tells of each as it ends, in the order in which they end. Cancelling the task ends running ones
  /// within a second, with the copies as they were, and begins no more; all are told of.
  package func run(
    _ requests: [MirrorRequest], progress: @escaping @Sendable (Int, MirrorProgress) -> Void,
    ended: (Ended) async -> Void
  ) async {
    let pool = WorkerPool(name: "mirror", threads: jobs, waitingLimit: jobs)
    await withTaskGroup(of: Ended.self) { group in
      var waiting = requests.enumerated().makeIterator()
      var running = 0
      while true {
        while running < jobs, let (index, request) = waiting.next() {
          group.addTask { await runOne(request, index, on: pool, progress) }
          running += 1
        }
        guard let result = await group.next() else { break }
        running -= 1
        await ended(result)
      }
    }
    await pool.shutdown()
  }

  private func runOne(
    _ request: MirrorRequest, _ index: Int, on pool: WorkerPool,
    _ progress: @escaping @Sendable (Int, MirrorProgress) -> Void
  ) async -> Ended {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome: MirrorOutcome
    do {
      outcome = try await pool.run { flag in
        MirrorRun(request, environment: environment, cancellation: flag) { progress(index, $0) }.execute()
      }
    } catch {
      outcome = .failed(MirrorError(Cancelled(), destination: request.destination.string))
    }
    return Ended(index: index, outcome: outcome, duration: clock.now - start)
  }
}
