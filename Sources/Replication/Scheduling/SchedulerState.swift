internal import Replication

/// Decides which jobs of a secondary run, as a value: `step` takes an input and an instant and returns actions.
///
/// Waiting work is in the registries, durable; the queues only hold the next candidates. Each pool of jobs has its
/// limit, the kinds of a pool take turns, and requests go before the backlog (`JobQueue`). Work for a host that fails
/// pauses (`HostTable`; a value of its own, because polls and readings share it).
///
/// **One job per replicable.** Syncs, verifications and housekeepings of one replicable exclude each other; an object
/// check runs beside them, one per replicable.
///
/// **Passes.** `wake` begins a pass: unrecorded ends are written down and registries are asked. When all answers are
/// there the jobs start, and the next pass follows after a second. An input that may let a job start asks for a pass at
/// once. So a paused host costs one look at the registry a second: no start, no place, and no request.
///
/// **No due entry starves.** Let an entry be due and free to start from some instant on: its kind active, no job of its
/// own running, no retry delay, its hosts admitting it. A second later (its registry may have been asked just before),
/// let B be the backlog of its queue, r the number of entries that the registry lists before it, K the number of kinds
/// of its pool and L the limit of the pool. Then it is among the next 5 · K · (B + r + 1) + L · (r + 2) starts of the
/// pool:
///
/// 1. A kind with a candidate that is free to start gets one of K consecutive starts of the pool: the kind after the
///    one served last is offered first.
/// 2. Every fifth start of a queue takes the first of the backlog that is free and removes what is before it; a search
///    that finds none empties it. So the backlog is used up after at most 5 · B starts of the queue.
/// 3. Then the next pass asks the registry before it starts anything; until then the old pass starts at most L jobs.
/// 4. Each answer has an entry that is free and not requested, or is widened until it has this one. So it leads to the
///    start of this entry or of one of the r before it.
///
/// A request with q requests before it is among the next K · (q + q/4 + 2) starts of its pool: of five starts of a
/// queue at least four take the first request that is free. Both hold while of what is before it at most 32,000 due
/// entries, or 256 requests, are not free to start: so many are passed over.
package struct SchedulerState: Sendable {
  var kinds: [KindQueues]
  private var indices: [ReplicableName: Int] = [:]
  /// By replicable: the job that excludes others, and the object check.
  var running: [JobKey: RunningJob] = [:]
  var checking: [JobKey: RunningJob] = [:]
  /// Until when a replicable is not synced or verified.
  var syncRetries: [JobKey: ContinuousClock.Instant] = [:]
  /// Until when its upkeep is not done. Apart, because it must not delay a sync.
  var upkeepRetries: [JobKey: ContinuousClock.Instant] = [:]
  /// Jobs that ended and could not record how.
  var unrecorded: Set<JobKey> = []
  /// Consecutive syncs of a replicable that ended with a newer event.
  var consecutiveResyncs: [JobKey: Int] = [:]
  /// Consecutive syncs of a replicable that have preempted its housekeeping.
  var preemptions: [JobKey: Int] = [:]
  /// Waiting housekeepings that are to be thorough.
  var thorough: Set<JobKey> = []
  /// The kind that each pool served last.
  var lastServed: [JobPool: Int] = [:]
  var isStopping = false
  /// What the pass waits for: questions with the portion that they were asked for, and recoveries.
  private var questions: [DueQuestion: Int] = [:]
  private var recoveries: Set<JobKey> = []
  /// The current limits.
  package private(set) var limits: SchedulerLimits
  /// What every job needs that asks a host: this machine, and the primary where there is one.
  package let requiredHosts: [String]
  /// How many due entries a registry is asked for.
  private let portion: Int

  /// From one pass to the next.
  static let tick = Duration.seconds(1)
  /// How much more is asked for when nothing of the first portion is free to start.
  private static let widening = 32

  /// Nothing runs.
  ///
  /// - Parameters:
  ///   - primaryHost: the primary's host, which every job needs; `nil` where there is none.
  ///   - portion: how many due entries a registry is asked for, 1 or more.
  package init(
    _ kinds: [ScheduledKind], primaryHost: String?, limits: SchedulerLimits, portion: Int = 1_000
  ) {
    self.kinds = kinds.map { KindQueues($0) }
    self.limits = limits
    self.portion = portion
    requiredHosts = [HostTable.machine] + (primaryHost.map { [$0] } ?? [])
    for (index, kind) in kinds.enumerated() { indices[kind.name] = index }
  }

  /// What runs now, the longest running first.
  package var jobs: [RunningJob] {
    (Array(running.values) + checking.values).sorted { $0.startedAt < $1.startedAt }
  }

  /// Takes one input.
  ///
  /// - Returns: what the driver does, in this order.
  package mutating func step(
    _ input: SchedulerInput, at moment: Moment, hosts: inout HostTable
  ) -> [SchedulerAction] {
    let now = moment.instant
    switch input {
    case .wake: return beginPass(at: now, &hosts)
    case .due(let question, let answer): return take(answer, to: question, at: now, &hosts)
    case .recovered(let key, let isRecorded):
      guard recoveries.remove(key) != nil else { return [] }
      // What still cannot be written is tried again by the next pass.
      if isRecorded { unrecorded.remove(key) }
      return endPassIfAnswered(at: now, &hosts)
    case .requested(let requests, let purpose):
      let preempted = requests.compactMap { request($0, purpose) }
      return preempted + [.wake(at: now)]
    case .ended(let job, let outcome):
      guard runs(job) else { return [] }
      var actions = note(outcome, of: job, at: moment, &hosts)
      if case .prove? = actions.last { return actions }
      if job.purpose == .check { checking[job.key] = nil } else { running[job.key] = nil }
      actions.append(.wake(at: now))
      return actions
    case .hostAnswered(let host): return hosts.answeredElsewhere(host, at: now) ? [.wake(at: now)] : []
    case .limits(let limits):
      self.limits = limits
      return [.wake(at: now)]
    case .kind(let name, let isOn):
      if let index = index(of: name) { kinds[index].isOn = isOn }
      return []
    case .storage(let name, let isPaused):
      if let index = index(of: name) { kinds[index].isStoragePaused = isPaused }
      return []
    case .unanswered(let keys):
      for key in running.keys { running[key]?.isUnanswered = keys.contains(key) }
      return []
    case .shutdown:
      isStopping = true
      return jobs.map { .cancel($0.job) }
    }
  }

  func index(of name: ReplicableName) -> Int? { indices[name] }

  private func runs(_ job: Job) -> Bool {
    job.purpose == .check ? checking[job.key] != nil : running[job.key]?.purpose == job.purpose
  }

  private mutating func request(_ request: SchedulerInput.Request, _ purpose: JobPurpose) -> SchedulerAction? {
    guard let index = index(of: request.key.name) else { return nil }
    kinds[index].request(purpose, Candidate(request.key.id, host: request.host))
    return purpose == .sync ? preemptHousekeeping(of: request.key) : nil
  }

  // MARK: A pass

  private mutating func beginPass(at now: ContinuousClock.Instant, _ hosts: inout HostTable) -> [SchedulerAction] {
    guard !isStopping, questions.isEmpty, recoveries.isEmpty else { return [] }
    syncRetries = syncRetries.filter { $0.value > now }
    upkeepRetries = upkeepRetries.filter { $0.value > now }
    recoveries = unrecorded.filter { running[$0] == nil }
    var asked: [DueQuestion] = []
    for kind in kinds where kind.isActive {
      asked += kind.purposes.compactMap { kind.question($0, portion: portion, at: now) }
    }
    for question in asked { questions[question] = portion }
    if recoveries.isEmpty, asked.isEmpty { return startJobs(at: now, &hosts) }
    return recoveries.sorted().map { .recover($0) } + asked.map { .ask($0) }
  }

  private mutating func take(
    _ answer: DueAnswer?, to question: DueQuestion, at now: ContinuousClock.Instant, _ hosts: inout HostTable
  ) -> [SchedulerAction] {
    guard let asked = questions.removeValue(forKey: question), let index = index(of: question.name) else { return [] }
    guard kinds[index].isActive else { return endPassIfAnswered(at: now, &hosts) }
    let purpose = question.purpose
    let load = purpose.asksHost ? self.load : [:]
    var (waiting, isAnyFree): ([Candidate], Bool) = ([], false)
    for candidate in answer?.candidates ?? [] where !kinds[index][purpose].isRequested(candidate.id) {
      let readiness = readiness(of: candidate, purpose, index, load, at: now, hosts)
      if readiness == .ready { isAnyFree = true }
      if readiness == .ready || readiness == .full { waiting.append(candidate) }
    }
    if !isAnyFree, purpose.asksHost, asked == portion, let answer, answer.rowCount >= asked,
      requiredHosts.allSatisfy({ hosts.admits($0, running: load[$0] ?? 0, at: now) })
    {
      // All of the first due entries wait for their hosts: the entries after them must not wait with them.
      let wider = kinds[index].question(purpose, portion: Self.widening * portion)
      questions[wider] = Self.widening * portion
      return [.ask(wider)]
    }
    kinds[index][purpose].refill(waiting)
    if purpose == .housekeeping {
      if let answer { kinds[index].advanceRound(answer, portion: portion, at: now) }
      thorough.formUnion(waiting.map { JobKey(name: question.name, id: $0.id) })
    } else if kinds[index][purpose].needsBacklog || asked > portion && !isAnyFree {
      // A second passes before a registry that has nothing to start is asked again.
      kinds[index].postponeRefill(purpose, to: now + Self.tick)
    }
    return endPassIfAnswered(at: now, &hosts)
  }

  private mutating func endPassIfAnswered(
    at now: ContinuousClock.Instant, _ hosts: inout HostTable
  ) -> [SchedulerAction] {
    questions.isEmpty && recoveries.isEmpty ? startJobs(at: now, &hosts) : []
  }
}
