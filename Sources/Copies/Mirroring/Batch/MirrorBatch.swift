internal import SystemPackage
package import WorkerPool

/// Mirrors many repositories, several at a time, on threads of its own.
///
/// A host that answers "too many requests" with a time (`Retry-After`) gets no request until then: refused repositories
/// are retried, others of the host wait, and repositories of other hosts continue meanwhile. Where the time is longer
/// than a run may last, the host's repositories end with that error and without being asked for.
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
  ///   - afterwards: called with a copy after its run, on the run's thread. It cannot make the run fail; its messages
  ///     are reported with the warnings.
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

  /// Runs every request and reports each as it ends, in the order in which they end. Cancelling the task ends running
  /// ones within a second, with the copies as they were, and begins no more; all are reported.
  package func run(
    _ requests: [MirrorRequest], progress: @escaping @Sendable (Int, MirrorProgress) -> Void,
    ended: (Ended) async -> Void
  ) async {
    let pool = WorkerPool(name: "mirror", threads: jobs, waitingLimit: jobs)
    await withTaskGroup(of: Step.self) { group in
      var queue = BatchQueue(requests)
      var running = 0
      var wakesAt: ContinuousClock.Instant?
      while true {
        while running < jobs, let index = queue.next() {
          group.addTask { .ended(await runOne(requests[index], index, on: pool, progress)) }
          running += 1
        }
        if running < jobs, let pause = queue.pause, wakesAt.map({ pause.end < $0 }) ?? true {
          progress(pause.index, .pausing(host: pause.host, seconds: pause.seconds))
          group.addTask { .woken(isCancelled: await Self.sleep(until: pause.end)) }
          wakesAt = pause.end
        }
        guard running > 0 || !queue.isEmpty, let step = await group.next() else { break }
        switch step {
        case .woken(let isCancelled):
          wakesAt = nil
          if isCancelled { queue.resumeAll() }
        case .ended(let result):
          running -= 1
          if !queue.putBack(result.index, after: result.outcome.error) { await ended(result) }
          guard result.outcome.error?.retryAfter != nil else { break }
          for (index, error) in queue.takeHopeless() {
            await ended(Ended(index: index, outcome: .failed(error), duration: .zero))
          }
        }
      }
      // Of two pauses the longer one may have become needless.
      group.cancelAll()
    }
    await pool.shutdown()
  }

  private enum Step: Sendable {
    case ended(Ended)
    /// The first pause of a host is over; nothing has ended.
    case woken(isCancelled: Bool)
  }

  /// - Returns: true when the batch was cancelled.
  private static func sleep(until end: ContinuousClock.Instant) async -> Bool {
    do {
      try await Task.sleep(until: end, clock: .continuous)
      return false
    } catch {
      return true
    }
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
      let outcome = MirrorOutcome.failed(MirrorError(Cancelled(), "mirror into", request.destination.string))
      return Ended(index: index, outcome: outcome, duration: clock.now - start)
    }
  }
}
