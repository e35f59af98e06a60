internal import Replication

extension Scheduler {
  func perform(_ job: RunningJob) async {
    let begun = ContinuousClock.now
    do {
      guard try await isDue(job) else { return end(job) }
      switch job.purpose {
      case .sync:
        let result = try await secondary.sync(job.key.id, job.key.name)
        note(result, job, after: .now - begun)
        if isProofDue(job.key, after: result) { try await verify(job, secondary.prove) }
      case .verification: try await verify(job, secondary.verify)
      case .housekeeping: try await housekeep(job)
      case .check: try await check(job)
      }
    } catch {
      // Our own state could not be written: nothing was claimed, and everything rests.
      if job.purpose.asksHost {
        unrecorded.insert(job.key)
        paused(job, Pause(.machine, "\(error)"))
      } else {
        postponed(job, "\(error)")
      }
    }
    end(job)
  }

  /// What the lanes hold may have been done since it was put there, by a job that another asked for.
  private func isDue(_ job: RunningJob) async throws -> Bool {
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
    _ job: RunningJob, _ verification: (ReplicableID, ReplicableName) async throws -> VerificationResult
  ) async throws {
    let begun = ContinuousClock.now
    let announced = try await secondary.registry(of: job.key.name).entry(of: job.key.id)?.announcedAt
    let result = try await verification(job.key.id, job.key.name)
    note(result, job, announced: announced, after: .now - begun)
  }

  /// What is pushed to without a pause is never synced, only synced again, and so never verified: each fifth of such syncs in a
  /// row is followed by a proof.
  private func isProofDue(_ key: JobKey, after result: SyncResult) -> Bool {
    guard result == .pendingAgain else {
      restless[key] = nil
      return false
    }
    let count = restless[key, default: 0] + 1
    restless[key] = count % Self.syncsBeforeProof
    return count == Self.syncsBeforeProof
  }

  private static let syncsBeforeProof = 5

  private func end(_ job: RunningJob) {
    if job.purpose == .check {
      checking[job.key] = nil
    } else {
      running[job.key] = nil
      progress.note(job.key, nil)
    }
    signal.raise()
  }

  func index(of job: RunningJob) -> Int? { kinds.firstIndex { $0.kind.name == job.key.name } }

  private func note(_ result: SyncResult, _ job: RunningJob, after duration: Duration) {
    guard let index = index(of: job) else { return }
    observer.synced(job.key.name, result, after: duration)
    switch result {
    case .synced(let hasChanged, _):
      succeeded(index)
      kinds[index][.verification].hurry(job.key.id)
      if hasChanged { hurryHousekeeping(job.key, index) }
      observer.log(.sync(job.key.name, job.key.id, result, duration))
    case .pendingAgain:
      succeeded(index)
      kinds[index][.sync].hurry(job.key.id)
      hurryHousekeeping(job.key, index)
    case .failed(let why):
      succeeded(index)
      failures.add(job.key.name, job.key.id, why, at: environment.now())
      observer.log(.sync(job.key.name, job.key.id, result, duration))
    case .paused(let pause): paused(job, pause)
    case .notDue: rest(job)
    }
  }

  private func note(_ result: VerificationResult, _ job: RunningJob, announced: Timestamp?, after duration: Duration) {
    guard let index = index(of: job) else { return }
    observer.verified(job.key.name, result, after: duration)
    switch result {
    case .succeeded:
      succeeded(index)
      if let announced {
        let lag = ReplicationLag.between(announced: announced, verified: environment.now())
        lags.add(lag)
        observer.lag(job.key.name, lag)
      }
    case .mismatched(let differences):
      succeeded(index)
      let names = differences.prefix(3).map(\.name).joined(separator: ", ")
      failures.add(
        job.key.name, job.key.id, "the copy differs from the primary in \(differences.count) lines: \(names)",
        at: environment.now())
      observer.log(.verification(job.key.name, job.key.id, result, duration))
    case .failed(let why):
      succeeded(index)
      failures.add(job.key.name, job.key.id, why, at: environment.now())
      observer.log(.verification(job.key.name, job.key.id, result, duration))
    case .moved:
      succeeded(index)
      rest(job)
    case .overtaken: succeeded(index)
    case .paused(let pause): paused(job, pause)
    case .notDue: rest(job)
    }
  }

  /// What every job needs has worked; whether its host has, the strategy says, which knows how far it came.
  private func succeeded(_ index: Int) { for host in mandatory { hosts.succeeded(host) } }

  private func rest(_ job: RunningJob) { rests[job.key] = .now + Self.restTime }

  private func paused(_ job: RunningJob, _ pause: Pause) {
    guard let index = index(of: job), !Task.isCancelled else { return }
    switch pause.origin {
    case .cancelled, .root: rest(job)
    case .machine: hosts.failed(SourceHost.machine, pause.message)
    case .primary: hosts.failed(primaryHost ?? SourceHost.machine, pause.message)
    case .host:
      // Whoever attributed it has paused the host already.
      let host = kinds[index].host(job.key.id)
      if hosts.failure(of: host) == nil { hosts.failed(host, pause.message, retryAfter: pause.retryAfter) }
      rest(job)
    }
  }

  // MARK: For whoever looks

  /// The first of what a replicable's job needs that fails: this machine, the primary, its host.
  func obstacle(of key: JobKey) -> SourceHosts.Failure? {
    let source = kinds.first { $0.kind.name == key.name }?.host(key.id)
    return (mandatory + (source.map { [$0] } ?? [])).lazy.compactMap { self.hosts.failure(of: $0) }.first
  }

  /// What runs now.
  var jobs: [RunningJob] {
    (Array(running.values) + checking.values).sorted { $0.startedAt < $1.startedAt }
  }
}
