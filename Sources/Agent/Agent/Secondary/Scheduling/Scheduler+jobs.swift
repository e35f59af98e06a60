internal import AgentAPI
internal import Replication
internal import Scheduling
internal import SiteAssembly
internal import Synchronization

/// Runs jobs and reports their results to status, log and metrics.
extension Scheduler {
  /// Runs a job to its end.
  func outcome(of job: Job, isThorough: Bool) async -> JobOutcome {
    let begun = ContinuousClock.now
    let (id, name) = (job.key.id, job.key.name)
    do {
      guard try await isDue(job) else { return .notDue }
      switch job.purpose {
      case .sync:
        let result = try await secondary.sync(id, name)
        report(result, of: job, after: .now - begun)
        return .sync(result)
      case .verification: return try await verify(job, secondary.verify)
      case .housekeeping:
        let result = try await secondary.housekeep(id, name, isThorough: isThorough)
        report(result, of: job, after: .now - begun)
        return .housekeeping(result)
      case .check:
        let result = try await secondary.check(id, name)
        report(result, of: job, after: .now - begun)
        return .check(result)
      }
    } catch {
      return .unrecorded("\(error)")
    }
  }

  /// Proves the copy of a replicable that was just synced and is due again.
  func outcome(ofProving job: Job) async -> JobOutcome {
    do {
      return try await verify(job, secondary.prove)
    } catch {
      return .unrecorded("\(error)")
    }
  }

  /// Whether a job is still due: since it was queued, another caller's job may have done the work.
  private func isDue(_ job: Job) async throws -> Bool {
    guard let entry = try await secondary.registry(of: job.key.name).entry(of: job.key.id) else { return false }
    let now = environment.now()
    return switch job.purpose {
    case .sync: entry.isDueForSync(at: now)
    case .verification: entry.isDueForVerification(at: now)
    case .housekeeping: true
    case .check: entry.isDueForCheck(at: now, interval: checkInterval)
    }
  }

  private func verify(
    _ job: Job, _ verification: (ReplicableID, ReplicableName) async throws -> VerificationResult
  ) async throws -> JobOutcome {
    let begun = ContinuousClock.now
    let announced = try await secondary.registry(of: job.key.name).entry(of: job.key.id)?.announcedAt
    let result = try await verification(job.key.id, job.key.name)
    report(result, of: job, announced: announced, after: .now - begun)
    return .verification(result)
  }

  private func report(_ result: SyncResult, of job: Job, after duration: Duration) {
    observer.synced(job.key.name, result, after: duration)
    switch result {
    case .synced: observer.log(.sync(job.key.name, job.key.id, result, duration))
    case .failed(let why):
      failures.add(job.key.name, job.key.id, why, at: environment.now())
      observer.log(.sync(job.key.name, job.key.id, result, duration))
    case .pendingAgain, .paused, .notDue: break
    }
  }

  private func report(
    _ result: VerificationResult, of job: Job, announced: Timestamp?, after duration: Duration
  ) {
    observer.verified(job.key.name, result, after: duration)
    switch result {
    case .succeeded:
      guard let announced else { return }
      let lag = ReplicationLag.between(announced: announced, verified: environment.now())
      lags.add(lag)
      observer.lag(job.key.name, lag)
    case .mismatched(let differences):
      let names = differences.prefix(3).map(\.name).joined(separator: ", ")
      failures.add(
        job.key.name, job.key.id, "the copy differs from the primary in \(differences.count) lines: \(names)",
        at: environment.now())
      observer.log(.verification(job.key.name, job.key.id, result, duration))
    case .failed(let why):
      failures.add(job.key.name, job.key.id, why, at: environment.now())
      observer.log(.verification(job.key.name, job.key.id, result, duration))
    case .moved, .overtaken, .paused, .notDue: break
    }
  }

  private func report(_ result: HousekeepingResult, of job: Job, after duration: Duration) {
    observer.housekept(job.key.name, result, after: duration)
    switch result {
    case .done(let report) where report.hasChanged:
      observer.log(.housekeeping(job.key.name, job.key.id, result, duration))
    case .failed(let why):
      failures.add(job.key.name, job.key.id, why, at: environment.now())
      observer.log(.housekeeping(job.key.name, job.key.id, result, duration))
    case .done, .paused, .notDue: break
    }
  }

  private func report(_ result: CheckResult, of job: Job, after duration: Duration) {
    observer.checked(job.key.name, result, after: duration)
    switch result {
    case .whole: observer.log(.check(job.key.name, job.key.id, result, duration))
    case .damaged(let why):
      failures.add(job.key.name, job.key.id, "object check: \(why)", at: environment.now())
      observer.log(.check(job.key.name, job.key.id, result, duration))
    case .paused, .notDue: break
    }
  }
}

/// The steps of running syncs, written by the threads that run them.
final class JobProgress: Sendable {
  private let steps = Mutex<[JobKey: SyncStep]>([:])

  func note(_ key: JobKey, _ step: SyncStep?) { steps.withLock { $0[key] = step } }

  /// Whether the host has not sent any byte yet.
  func isBeforeAnswer(_ key: JobKey) -> Bool { steps.withLock { $0[key] }?.isBeforeAnswer ?? true }

  func text(of key: JobKey) -> String? { steps.withLock { $0[key] }?.text }
}

/// The last failures, for display; bounded.
final class RecentFailures: Sendable {
  private let rows = Mutex<[StatusRow.FailureRow]>([])
  private static let limit = 20

  func add(_ name: ReplicableName, _ id: ReplicableID, _ message: String, at now: Timestamp) {
    let row = StatusRow.FailureRow(at: "\(now)", replicableName: name.text, id: id.text, message: message)
    rows.withLock { rows in
      rows.insert(row, at: 0)
      if rows.count > Self.limit { rows.removeLast() }
    }
  }

  var all: [StatusRow.FailureRow] { rows.withLock { $0 } }
}
