internal import SystemPackage
package import WorkerPool

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
  private let afterwards: @Sendable (MirrorRequest, MirrorOutcome, CancellationFlag) -> [MirrorOutcome.Warning]

  /// - Parameters:
  ///   - jobs: runs at a time, 1 or more.
  ///   - afterwards: what is to be done with a copy after its run, on the run's thread. It cannot make the run fail; what it says
  ///     is told with its warnings.
  package init(
    environment: MirrorEnvironment, jobs: Int,
    afterwards: @escaping @Sendable (MirrorRequest, MirrorOutcome, CancellationFlag) -> [MirrorOutcome.Warning] = {
      _, _, _ in []
    }
  ) {
    precondition(jobs >= 1, "a batch needs a worker")
    self.environment = environment
    self.jobs = jobs
    self.afterwards = afterwards
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
    do {
      return try await pool.run { flag in
        var outcome = MirrorRun(request, environment: environment, cancellation: flag) { progress(index, $0) }.execute()
        let duration = clock.now - start
        outcome.warnings += afterwards(request, outcome, flag)
        return Ended(index: index, outcome: outcome, duration: duration)
      }
    } catch {
      let outcome = MirrorOutcome.failed(MirrorError(Cancelled(), destination: request.destination.string))
      return Ended(index: index, outcome: outcome, duration: clock.now - start)
    }
  }
}
