internal import Replication
internal import Synchronization

/// The one admission control of a secondary: events, backfill, retries and upkeep pass here, and nothing is done to a copy without
/// it.
///
/// What waits is in the registries, durable; the lanes only hold what to look at next. Each pool of jobs has its own limit, kinds
/// take turns within it, and what an event asked for goes before the backlog (`Lane`). Work for a host that fails pauses
/// (`SourceHosts`).
/// One job works on a replicable at a time, but for object checks, which run beside others.
actor Scheduler {
  let secondary: Secondary
  let environment: SiteEnvironment
  let progress: JobProgress
  let failures: RecentFailures
  let lags = LagWindow()
  let observer: any ReplicationObserver
  var kinds: [KindLanes]
  var running: [JobKey: RunningJob] = [:]
  var checking: [JobKey: RunningJob] = [:]
  var rests: [JobKey: ContinuousClock.Instant] = [:]
  /// The same for upkeep, which must not hold up a sync.
  var upkeepRests: [JobKey: ContinuousClock.Instant] = [:]
  /// Jobs that ended and could not record how, because our own state could not be written.
  var unrecorded: Set<JobKey> = []
  /// How many syncs in a row ended with another one asked for.
  var restless: [JobKey: Int] = [:]
  /// Housekeepings that run.
  var housekeepings: [JobKey: Task<HousekeepingResult, any Error>] = [:]
  /// How often in a row a housekeeping has given way to a sync.
  var givenWay: [JobKey: Int] = [:]
  /// Housekeepings in the lanes that shall be thorough.
  var thorough: Set<JobKey> = []
  nonisolated let hosts: SourceHosts
  /// The primary's host; `nil` where there is none.
  nonisolated let primaryHost: String?
  /// After which a copy is checked again.
  let checkInterval: Duration
  private(set) var limits: SchedulerLimits
  private var turn = 0
  nonisolated let signal = Signal()

  /// How often the registries are asked what has become due.
  private static let tick = Duration.seconds(1)
  /// How long something rests that could not be worked on and is due all the same.
  static let restTime = Duration.seconds(1)
  /// So many copies of a kind are looked after in each step of a round, and so long is a step at least.
  private static let roundPortion = 1_000
  private static let roundStep = Duration.seconds(10)
  /// From the end of a round to the next: a replaced pack stays an hour.
  private static let roundInterval = Duration.seconds(3_600)

  /// - Parameters:
  ///   - hosts: which of them pause.
  ///   - primaryHost: the primary's, which every job needs; `nil` where there is none.
  ///   - sources: the host that each replicable is fetched from, by kind.
  ///   - roots: those of the copies.
  ///   - checkInterval: after which a copy's objects are checked again.
  init(
    _ secondary: Secondary, hosts: SourceHosts, primaryHost: String?,
    sources: [ReplicableName: @Sendable (ReplicableID) -> String], roots: [RootGuard], limits: SchedulerLimits,
    checkInterval: Duration, environment: SiteEnvironment, progress: JobProgress, failures: RecentFailures,
    observer: any ReplicationObserver
  ) throws {
    self.secondary = secondary
    self.hosts = hosts
    self.primaryHost = primaryHost
    self.environment = environment
    self.progress = progress
    self.failures = failures
    self.observer = observer
    self.limits = limits
    self.checkInterval = checkInterval
    kinds = try secondary.kinds.map { kind in
      KindLanes(
        kind, host: sources[kind.name] ?? { _ in primaryHost ?? SourceHost.machine },
        root: roots.first { $0.kind == kind.name }, registry: try secondary.registry(of: kind.name),
        needsUpkeep: try secondary.strategy(of: kind.name).needsUpkeep)
    }
  }

  /// Works until the task is cancelled; then ends what runs, which leaves each copy as it was or as it shall be.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        await refill()
        while let job = nextJob() {
          if job.purpose == .check { checking[job.key] = job } else { running[job.key] = job }
          group.addTask { await self.perform(job) }
        }
        await signal.wait(atMost: Self.tick)
      }
      group.cancelAll()
    }
  }

  /// An event, or a person, asks for it.
  func hurry(_ announced: [ConsumptionReport.Announced]) {
    for one in announced {
      guard let index = kinds.firstIndex(where: { $0.kind.name == one.name }) else { continue }
      kinds[index][.sync].hurry(one.id)
      giveWay(JobKey(name: one.name, id: one.id))
    }
    signal.raise()
  }

  /// A person asks for an object check.
  func hurryCheck(_ id: ReplicableID, _ name: ReplicableName) {
    guard let index = kinds.firstIndex(where: { $0.kind.name == name }) else { return }
    kinds[index][.check].hurry(id)
    signal.raise()
  }

  /// Takes other limits; running jobs beyond them run to their ends.
  func take(_ limits: SchedulerLimits) {
    self.limits = limits
    signal.raise()
  }

  /// The host has answered somebody.
  func signOfLife(of host: String) {
    if hosts.signOfLife(of: host) { signal.raise() }
  }

  // MARK: What waits

  private func refill() async {
    let now = ContinuousClock.now
    rests = rests.filter { $0.value > now }
    upkeepRests = upkeepRests.filter { $0.value > now }
    for key in unrecorded where running[key] == nil {
      // What still cannot be written is asked for again at the next tick.
      if (try? await secondary.abandon(key.id, key.name)) != nil { unrecorded.remove(key) }
    }
    for index in kinds.indices {
      // A state that cannot be read shows in the jobs, which write it.
      guard !kinds[index].isPaused, (try? await secondary.isEnabled(kinds[index].kind)) ?? false else {
        kinds[index].empty()
        continue
      }
      for purpose in kinds[index].purposes where kinds[index].isRefillDue(purpose, at: now) {
        await refill(purpose, index, at: now)
      }
    }
  }

  private func refill(_ purpose: JobPurpose, _ index: Int, at now: ContinuousClock.Instant) async {
    let name = kinds[index].kind.name
    var ready: [ReplicableID] = []
    // Where all that is due first waits for hosts that pause, what is behind it must not wait with it.
    for limit in purpose.asksHost ? [Self.portion, 32 * Self.portion] : [Self.portion] {
      let due = (try? await due(purpose, index, at: now, limit: limit)) ?? []
      ready = due.map(\.replicableID).filter { mayStart(purpose, JobKey(name: name, id: $0), index, at: now) }
      if !ready.isEmpty || due.count < limit { break }
    }
    kinds[index][purpose].refill(ready)
    guard purpose != .housekeeping else { return thorough.formUnion(ready.map { JobKey(name: name, id: $0) }) }
    if kinds[index][purpose].needsBacklog { kinds[index].postponeRefill(purpose, to: now + Self.tick) }
  }

  private static let portion = 1_000

  private func due(
    _ purpose: JobPurpose, _ index: Int, at now: ContinuousClock.Instant, limit: Int
  ) async throws -> [RegistryEntry] {
    let registry = kinds[index].registry
    // What is urgent is due as well, and must not be all of the answer.
    let limit = limit + kinds[index][purpose].urgentCount
    switch purpose {
    case .sync: return try await registry.dueForSync(at: environment.now(), limit: limit)
    case .verification: return try await registry.dueForVerification(at: environment.now(), limit: limit)
    case .check: return try await registry.dueForCheck(at: environment.now(), interval: checkInterval, limit: limit)
    case .housekeeping: return try await nextOfRound(index, at: now)
    }
  }

  /// Every copy has its turn, whether anything is known of it or not: what its files need only they tell.
  private func nextOfRound(_ index: Int, at now: ContinuousClock.Instant) async throws -> [RegistryEntry] {
    let window = try await kinds[index].registry.window(after: kinds[index].rounded, limit: Self.roundPortion)
    let isLast = window.count < Self.roundPortion
    kinds[index].rounded = isLast ? nil : window.last?.replicableID
    kinds[index].postponeRefill(.housekeeping, to: now + (isLast ? Self.roundInterval : Self.roundStep))
    return window.filter { $0.lastSyncedAt != nil }
  }

  private func mayStart(
    _ purpose: JobPurpose, _ key: JobKey, _ index: Int, at now: ContinuousClock.Instant
  ) -> Bool {
    if purpose.asksHost, hosts.isPaused(kinds[index].host(key.id)) { return false }
    let busy = purpose == .check ? checking : running
    let rests = purpose.asksHost ? rests : upkeepRests
    return busy[key] == nil && rests[key].map { $0 <= now } ?? true
  }

  // MARK: What starts

  private func nextJob() -> RunningJob? {
    for pool in JobPool.allCases where count(of: pool) < limits.places(in: pool) {
      if let job = nextJob(of: pool) { return job }
    }
    return nil
  }

  private func count(of pool: JobPool) -> Int {
    guard pool != .checks else { return checking.count }
    let now = ContinuousClock.now
    var (active, stalled) = (0, 0)
    for job in running.values {
      guard let kind = kinds.first(where: { $0.kind.name == job.key.name })?.kind,
        JobPool(job.purpose, of: kind.dataType) == pool
      else { continue }
      if isStalled(job, kind, at: now) { stalled += 1 } else { active += 1 }
    }
    // Those that wait for an answer take no place from others, up to a bound.
    return active + max(0, stalled - Self.stalledJobs(limits.places(in: pool)))
  }

  /// Still waits for the first answer of its host, longer than a host that is well takes.
  private func isStalled(_ job: RunningJob, _ kind: Kind, at now: ContinuousClock.Instant) -> Bool {
    job.purpose.asksHost && kind.dataType == .repository && now - job.startedAt > Self.patience
      && progress.isBeforeAnswer(job.key)
  }

  private static let patience = Duration.seconds(5)

  /// So many jobs of a pool may wait for answers of their hosts beside those that work: hosts and repositories that hang are few, or
  /// their host pauses.
  static func stalledJobs(_ places: Int) -> Int { max(16, places) }

  private func nextJob(of pool: JobPool) -> RunningJob? {
    let now = ContinuousClock.now
    let purpose = pool.purpose
    turn += 1
    for offset in kinds.indices {
      let index = (turn + offset) % kinds.count
      let name = kinds[index].kind.name
      guard JobPool(purpose, of: kinds[index].kind.dataType) == pool, !kinds[index][purpose].isEmpty,
        !kinds[index].isPaused
      else { continue }
      if purpose.asksHost, mandatory.contains(where: hosts.isPaused) { continue }
      let (host, required) = (kinds[index].host, mandatory)
      let counts = purpose.asksHost ? runningByHost : [:]
      let busy = purpose == .check ? checking : running
      let resting = purpose.asksHost ? rests : upkeepRests
      let id = kinds[index][purpose].next { id in
        let key = JobKey(name: name, id: id)
        guard busy[key] == nil, resting[key].map({ $0 <= now }) ?? true else { return .later }
        guard purpose.asksHost else { return .now }
        let source = host(id)
        let needed = Set(required + [source]).map { ($0, counts[$0] ?? 0) }
        if hosts.start(needed) { return .now }
        return hosts.isPaused(source) ? .dropped : .later
      }
      guard let id else { continue }
      return RunningJob(key: JobKey(name: name, id: id), purpose: purpose, startedAt: now)
    }
    return nil
  }

  /// What every job needs that asks a host: this machine, and the primary where there is one.
  nonisolated var mandatory: [String] { [SourceHost.machine] + (primaryHost.map { [$0] } ?? []) }

  /// Jobs that ask a host for something, by all the hosts that they need.
  private var runningByHost: [String: Int] {
    var counts: [String: Int] = [:]
    for job in running.values where job.purpose.asksHost {
      guard let kind = kinds.first(where: { $0.kind.name == job.key.name }) else { continue }
      for host in Set(mandatory + [kind.host(job.key.id)]) { counts[host, default: 0] += 1 }
    }
    return counts
  }
}
