internal import Replication
internal import Synchronization

/// The one admission control of a secondary: events, backfill, retries and upkeep pass here, and nothing is done to a copy without
/// it.
///
/// What waits is in the registries, durable; the lanes only hold what to look at next. Each pool of jobs has its own limit, kinds
/// take turns within it, and what an event asked for goes before the backlog (`Lane`). A host that fails rests (`HostPause`).
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
  var pauses: [String: HostPause] = [:]
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
  ///   - hosts: whom each kind is fetched from; kinds of one host rest together.
  ///   - checkInterval: after which a copy's objects are checked again.
  init(
    _ secondary: Secondary, hosts: [ReplicableName: String], limits: SchedulerLimits, checkInterval: Duration,
    environment: SiteEnvironment, progress: JobProgress, failures: RecentFailures, observer: any ReplicationObserver
  ) throws {
    self.secondary = secondary
    self.environment = environment
    self.progress = progress
    self.failures = failures
    self.observer = observer
    self.limits = limits
    self.checkInterval = checkInterval
    kinds = try secondary.kinds.map { kind in
      KindLanes(
        kind, host: hosts[kind.name] ?? "", registry: try secondary.registry(of: kind.name),
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
    guard pauses[host]?.reason != nil else { return }
    pauses[host]?.signOfLife(at: .now)
    signal.raise()
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
      guard (try? await secondary.isEnabled(kinds[index].kind)) ?? false else {
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
    let due = (try? await due(purpose, index, at: now)) ?? []
    let ready = due.map(\.replicableID).filter { mayStart(purpose, JobKey(name: name, id: $0), at: now) }
    kinds[index][purpose].refill(ready)
    guard purpose != .housekeeping else { return thorough.formUnion(ready.map { JobKey(name: name, id: $0) }) }
    if kinds[index][purpose].needsBacklog { kinds[index].postponeRefill(purpose, to: now + Self.tick) }
  }

  private func due(
    _ purpose: JobPurpose, _ index: Int, at now: ContinuousClock.Instant
  ) async throws -> [RegistryEntry] {
    let registry = kinds[index].registry
    // What is urgent is due as well, and must not be all of the answer.
    let limit = 1_000 + kinds[index][purpose].urgentCount
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

  private func mayStart(_ purpose: JobPurpose, _ key: JobKey, at now: ContinuousClock.Instant) -> Bool {
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
    return running.values.count { job in
      kinds.first { $0.kind.name == job.key.name }.map { JobPool(job.purpose, of: $0.kind.dataType) } == pool
    }
  }

  private func nextJob(of pool: JobPool) -> RunningJob? {
    let now = ContinuousClock.now
    let purpose = pool.purpose
    turn += 1
    for offset in kinds.indices {
      let index = (turn + offset) % kinds.count
      let name = kinds[index].kind.name
      guard JobPool(purpose, of: kinds[index].kind.dataType) == pool, !kinds[index][purpose].isEmpty else { continue }
      let host = kinds[index].host
      if purpose.asksHost {
        guard pauses[host, default: HostPause()].mayStart(running: running(at: host), at: now) else { continue }
      }
      let busy = purpose == .check ? checking : running
      let resting = purpose.asksHost ? rests : upkeepRests
      let id = kinds[index][purpose].next { id in
        let key = JobKey(name: name, id: id)
        return busy[key] == nil && resting[key].map { $0 <= now } ?? true
      }
      guard let id else { continue }
      return RunningJob(key: JobKey(name: name, id: id), purpose: purpose, startedAt: now)
    }
    return nil
  }

  /// Jobs that ask the host for something.
  private func running(at host: String) -> Int {
    running.values.count { job in
      job.purpose.asksHost && kinds.first { $0.kind.name == job.key.name }?.host == host
    }
  }
}
