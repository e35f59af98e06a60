internal import Replication

extension SchedulerState {
  /// Consecutive syncs that may preempt the housekeeping of their replicable. The next one waits, or the packs of a
  /// copy that is pushed to constantly would never be consolidated.
  static let maxPreemptions = 2
  /// A constantly pushed replicable is only resynced and never verified: of so many resyncs in a row, the last is
  /// followed by a proof.
  static let resyncsBeforeProof = 5
  /// The retry delay of a due entry that could not be synced, verified or checked.
  static let retryDelay = Duration.seconds(1)
  /// The retry delay of upkeep that failed.
  static let upkeepRetryDelay = Duration.seconds(600)

  /// Applies how a job ended. `.prove` is the last action when the job goes on.
  mutating func note(
    _ outcome: JobOutcome, of job: Job, at moment: Moment, _ hosts: inout HostTable
  ) -> [SchedulerAction] {
    let actions: [SchedulerAction]
    switch outcome {
    case .notDue: actions = []
    case .sync(let result):
      actions = note(result, of: job, at: moment, &hosts)
      if isProofDue(job.key, after: result) { return actions + [.prove(job)] }
    case .verification(let result): actions = note(result, of: job, at: moment, &hosts)
    case .housekeeping(let result): actions = note(result, of: job, at: moment)
    case .check(let result): actions = note(result, of: job, at: moment)
    case .unrecorded(let why) where job.purpose.asksHost:
      // Nothing was recorded, and nothing can be: all work of this machine pauses.
      unrecorded.insert(job.key)
      actions = pause(job, Pause(.machine, why), at: moment, &hosts)
    case .unrecorded(let why): actions = postpone(job, why, at: moment)
    }
    return actions
  }

  /// Cancels a housekeeping that delays a sync, so often in a row.
  mutating func preemptHousekeeping(of key: JobKey) -> SchedulerAction? {
    guard let job = running[key]?.job, job.purpose == .housekeeping,
      preemptions[key, default: 0] < Self.maxPreemptions
    else { return nil }
    preemptions[key, default: 0] += 1
    return .cancel(job)
  }

  private mutating func note(
    _ result: SyncResult, of job: Job, at moment: Moment, _ hosts: inout HostTable
  ) -> [SchedulerAction] {
    switch result {
    case .synced(let hasChanged, _):
      request(.verification, after: job)
      if hasChanged { request(.housekeeping, after: job) }
    case .pendingAgain:
      request(.sync, after: job)
      request(.housekeeping, after: job)
    case .failed: break
    case .paused(let pause): return self.pause(job, pause, at: moment, &hosts)
    case .notDue:
      retryLater(job, at: moment)
      return []
    }
    return requiredHostsAnswered(at: moment, &hosts)
  }

  private mutating func note(
    _ result: VerificationResult, of job: Job, at moment: Moment, _ hosts: inout HostTable
  ) -> [SchedulerAction] {
    switch result {
    case .succeeded, .mismatched, .failed, .overtaken: break
    case .moved: retryLater(job, at: moment)
    case .paused(let pause): return self.pause(job, pause, at: moment, &hosts)
    case .notDue:
      retryLater(job, at: moment)
      return []
    }
    return requiredHostsAnswered(at: moment, &hosts)
  }

  private mutating func note(_ result: HousekeepingResult, of job: Job, at moment: Moment) -> [SchedulerAction] {
    switch result {
    case .done: preemptions[job.key] = nil
    case .failed: upkeepRetries[job.key] = moment.instant + Self.upkeepRetryDelay
    // Preempted: the sync that did it requests the next one.
    case .paused where preemptions[job.key] != nil: break
    case .paused(let pause): return postpone(job, pause.message, at: moment)
    case .notDue: break
    }
    return []
  }

  private mutating func note(_ result: CheckResult, of job: Job, at moment: Moment) -> [SchedulerAction] {
    switch result {
    case .whole: break
    case .damaged: request(.sync, after: job)
    case .paused(let pause): return postpone(job, pause.message, at: moment)
    case .notDue: upkeepRetries[job.key] = moment.instant + Self.retryDelay
    }
    return []
  }

  private mutating func isProofDue(_ key: JobKey, after result: SyncResult) -> Bool {
    guard result == .pendingAgain else {
      consecutiveResyncs[key] = nil
      return false
    }
    let count = consecutiveResyncs[key, default: 0] + 1
    consecutiveResyncs[key] = count % Self.resyncsBeforeProof
    return count == Self.resyncsBeforeProof && !isStopping
  }

  private mutating func request(_ purpose: JobPurpose, after job: Job) {
    let host = (job.purpose == .check ? checking : running)[job.key]?.host ?? HostTable.machine
    if let index = index(of: job.key.name) { kinds[index].request(purpose, Candidate(job.key.id, host: host)) }
  }

  /// Records that the hosts that every job needs have answered. The strategy reports whether the host of the content
  /// has.
  private func requiredHostsAnswered(at moment: Moment, _ hosts: inout HostTable) -> [SchedulerAction] {
    requiredHosts.compactMap { hosts.succeeded($0, at: moment).map { .log($0) } }
  }

  private mutating func retryLater(_ job: Job, at moment: Moment) {
    syncRetries[job.key] = moment.instant + Self.retryDelay
  }

  /// Nothing was recorded: it is still due.
  private mutating func postpone(_ job: Job, _ why: String, at moment: Moment) -> [SchedulerAction] {
    upkeepRetries[job.key] = moment.instant + Self.upkeepRetryDelay
    return isStopping ? [] : [.logPostponed(job, why)]
  }

  private mutating func pause(
    _ job: Job, _ pause: Pause, at moment: Moment, _ hosts: inout HostTable
  ) -> [SchedulerAction] {
    guard !isStopping else { return [] }
    let failing: String
    switch pause.origin {
    case .cancelled, .root:
      retryLater(job, at: moment)
      return []
    case .machine: failing = HostTable.machine
    case .primary: failing = requiredHosts.last ?? HostTable.machine
    case .host:
      retryLater(job, at: moment)
      failing = running[job.key]?.host ?? HostTable.machine
      // The strategy has attributed it to the host, and paused it already.
      if hosts.isFailing(failing) { return [] }
    }
    let retryAfter = pause.origin == .host ? pause.retryAfter : nil
    return hosts.failed(failing, pause.message, retryAfter: retryAfter, at: moment).map { [.log($0)] } ?? []
  }
}
