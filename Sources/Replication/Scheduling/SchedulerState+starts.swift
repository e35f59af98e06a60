internal import Replication

extension SchedulerState {
  /// For so long a host that works may take for its first answer.
  private static let patience = Duration.seconds(5)

  /// Starts all that may start now. Ends a pass.
  mutating func startJobs(at now: ContinuousClock.Instant, _ hosts: inout HostTable) -> [SchedulerAction] {
    var actions: [SchedulerAction] = []
    while !isStopping, let started = nextJob(at: now, &hosts) {
      let isThorough = started.purpose == .housekeeping && thorough.remove(started.key) != nil
      if started.purpose == .check { checking[started.key] = started } else { running[started.key] = started }
      actions.append(.start(started.job, isThorough: isThorough))
    }
    if !isStopping { actions.append(.wake(at: now + Self.tick)) }
    return actions
  }

  private mutating func nextJob(at now: ContinuousClock.Instant, _ hosts: inout HostTable) -> RunningJob? {
    for pool in JobPool.allCases where count(of: pool, at: now) < limits.places(in: pool) {
      if let job = nextJob(of: pool, at: now, &hosts) { return job }
    }
    return nil
  }

  /// How many places of a pool are taken. Jobs that wait for their hosts take none, up to a bound.
  func count(of pool: JobPool, at now: ContinuousClock.Instant) -> Int {
    guard pool != .checks else { return checking.count }
    var (active, stalled) = (0, 0)
    for job in running.values where job.pool == pool {
      if isStalled(job, at: now) { stalled += 1 } else { active += 1 }
    }
    return active + max(0, stalled - SchedulerLimits.stalledJobs(limits.places(in: pool)))
  }

  /// Waits for the first answer of its host, longer than a host that works takes.
  private func isStalled(_ job: RunningJob, at now: ContinuousClock.Instant) -> Bool {
    guard job.isUnanswered, job.purpose.asksHost, now - job.startedAt > Self.patience else { return false }
    return index(of: job.key.name).map { kinds[$0].kind.dataType == .repository } ?? false
  }

  private mutating func nextJob(
    of pool: JobPool, at now: ContinuousClock.Instant, _ hosts: inout HostTable
  ) -> RunningJob? {
    let purpose = pool.purpose
    if purpose.asksHost, requiredHosts.contains(where: { hosts.isPaused($0, at: now) }) { return nil }
    let load = purpose.asksHost ? self.load : [:]
    let last = lastServed[pool] ?? -1
    for offset in kinds.indices {
      let index = (last + 1 + offset) % kinds.count
      guard JobPool(purpose, of: kinds[index].kind.dataType) == pool, kinds[index].isActive,
        !kinds[index][purpose].isEmpty
      else { continue }
      // Apart from the state while `readiness` reads the state.
      var queue = JobQueue()
      swap(&queue, &kinds[index][purpose])
      let next = queue.next { readiness(of: $0, purpose, index, load, at: now, hosts) }
      swap(&queue, &kinds[index][purpose])
      guard let next else { continue }
      lastServed[pool] = index
      if purpose.asksHost { hosts.start(Set(requiredHosts + [next.host])) }
      let job = Job(JobKey(name: kinds[index].kind.name, id: next.id), purpose)
      return RunningJob(job: job, startedAt: now, host: next.host, pool: pool)
    }
    return nil
  }

  /// Whether a candidate may start: the one place that decides it.
  ///
  /// - Parameter load: jobs that ask hosts, by host; empty for upkeep.
  func readiness(
    of candidate: Candidate, _ purpose: JobPurpose, _ index: Int, _ load: [String: Int],
    at now: ContinuousClock.Instant, _ hosts: HostTable
  ) -> Readiness {
    let key = JobKey(name: kinds[index].kind.name, id: candidate.id)
    let others = purpose == .check ? checking : running
    let retries = purpose.asksHost ? syncRetries : upkeepRetries
    guard others[key] == nil, retries[key].map({ $0 <= now }) ?? true else { return .busy }
    guard purpose.asksHost else { return .ready }
    if hosts.isPaused(candidate.host, at: now) { return .paused }
    let admits = { hosts.admits($0, running: load[$0] ?? 0, at: now) }
    return admits(candidate.host) && requiredHosts.allSatisfy(admits) ? .ready : .full
  }

  /// How many running jobs need each host.
  var load: [String: Int] {
    var load: [String: Int] = [:]
    for job in running.values where job.purpose.asksHost {
      for host in Set(requiredHosts + [job.host]) { load[host, default: 0] += 1 }
    }
    return load
  }
}
