internal import Replication
internal import Synchronization

/// The one admission control of a secondary: events, backfill and retries pass here, and nothing syncs or verifies without it.
///
/// What waits is in the registries, durable; the lanes only hold what to look at next. Each pool of jobs has its own limit, kinds
/// take turns within it, and what an event asked for goes before the backlog (`Lane`). A host that fails rests (`HostPause`).
actor Scheduler {
  /// What the scheduler knows of one kind.
  struct KindLanes {
    let kind: Kind
    let host: String
    let registry: any RegistryStoring
    var syncs = Lane()
    var verifications = Lane()
    var refillSyncsAt: ContinuousClock.Instant
    var refillVerificationsAt: ContinuousClock.Instant
  }

  let secondary: Secondary
  let environment: SiteEnvironment
  let progress: JobProgress
  let failures: RecentFailures
  let lags = LagWindow()
  let observer: any ReplicationObserver
  var kinds: [KindLanes]
  var running: [JobKey: RunningJob] = [:]
  var rests: [JobKey: ContinuousClock.Instant] = [:]
  /// Jobs that ended and could not record how, because our own state could not be written.
  var unrecorded: Set<JobKey> = []
  /// How many syncs in a row ended with another one asked for.
  var restless: [JobKey: Int] = [:]
  var pauses: [String: HostPause] = [:]
  private var limits: SchedulerLimits
  private var turn = 0
  nonisolated let signal = Signal()

  /// How often the registries are asked what has become due.
  private static let tick = Duration.seconds(1)
  /// How long something rests that could not be worked on and is due all the same.
  static let restTime = Duration.seconds(1)

  /// - Parameter hosts: whom each kind is fetched from; kinds of one host rest together.
  init(
    _ secondary: Secondary, hosts: [ReplicableName: String], limits: SchedulerLimits, environment: SiteEnvironment,
    progress: JobProgress, failures: RecentFailures, observer: any ReplicationObserver
  ) throws {
    self.secondary = secondary
    self.environment = environment
    self.progress = progress
    self.failures = failures
    self.observer = observer
    self.limits = limits
    let now = ContinuousClock.now
    kinds = try secondary.kinds.map { kind in
      KindLanes(
        kind: kind, host: hosts[kind.name] ?? "", registry: try secondary.registry(of: kind.name),
        refillSyncsAt: now, refillVerificationsAt: now)
    }
  }

  /// Works until the task is cancelled; then ends what runs, which leaves each copy as it was or as it shall be.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        await refill()
        while let job = nextJob() {
          running[job.key] = job
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
      kinds[index].syncs.hurry(one.id)
    }
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
    for key in unrecorded where running[key] == nil {
      // What still cannot be written is asked for again at the next tick.
      if (try? await secondary.abandon(key.id, key.name)) != nil { unrecorded.remove(key) }
    }
    for index in kinds.indices {
      // A state that cannot be read shows in the jobs, which write it.
      guard (try? await secondary.isEnabled(kinds[index].kind)) ?? false else {
        kinds[index].syncs = Lane()
        kinds[index].verifications = Lane()
        continue
      }
      await refillSyncs(index, at: now)
      await refillVerifications(index, at: now)
    }
  }

  private func refillSyncs(_ index: Int, at now: ContinuousClock.Instant) async {
    guard kinds[index].syncs.needsBacklog, kinds[index].refillSyncsAt <= now else { return }
    let name = kinds[index].kind.name
    let limit = portion(beside: kinds[index].syncs)
    let due = (try? await kinds[index].registry.dueForSync(at: environment.now(), limit: limit)) ?? []
    let ready = due.map(\.replicableID).filter { mayStart(JobKey(name: name, id: $0), at: now) }
    kinds[index].syncs.refill(ready)
    if kinds[index].syncs.needsBacklog { kinds[index].refillSyncsAt = now + Self.tick }
  }

  private func refillVerifications(_ index: Int, at now: ContinuousClock.Instant) async {
    guard kinds[index].verifications.needsBacklog, kinds[index].refillVerificationsAt <= now else { return }
    let name = kinds[index].kind.name
    let limit = portion(beside: kinds[index].verifications)
    let due = (try? await kinds[index].registry.dueForVerification(at: environment.now(), limit: limit)) ?? []
    let ready = due.map(\.replicableID).filter { mayStart(JobKey(name: name, id: $0), at: now) }
    kinds[index].verifications.refill(ready)
    if kinds[index].verifications.needsBacklog { kinds[index].refillVerificationsAt = now + Self.tick }
  }

  /// How many to ask a registry for: what is urgent is due as well, and must not be all of the answer.
  private func portion(beside lane: Lane) -> Int { 1_000 + lane.urgentCount }

  private func mayStart(_ key: JobKey, at now: ContinuousClock.Instant) -> Bool {
    running[key] == nil && rests[key].map { $0 <= now } ?? true
  }

  // MARK: What starts

  private func nextJob() -> RunningJob? {
    for pool in JobPool.allCases where count(of: pool) < limits.places(in: pool) {
      if let job = nextJob(of: pool) { return job }
    }
    return nil
  }

  private func count(of pool: JobPool) -> Int {
    running.values.count { job in
      if job.purpose == .verification { return pool == .verifications }
      return pool == kinds.first { $0.kind.name == job.key.name }.map { JobPool.syncs(of: $0.kind.dataType) }
    }
  }

  private func nextJob(of pool: JobPool) -> RunningJob? {
    let now = ContinuousClock.now
    turn += 1
    for offset in kinds.indices {
      let index = (turn + offset) % kinds.count
      let name = kinds[index].kind.name
      let isVerification = pool == .verifications
      guard isVerification || JobPool.syncs(of: kinds[index].kind.dataType) == pool else { continue }
      guard isVerification ? !kinds[index].verifications.isEmpty : !kinds[index].syncs.isEmpty else { continue }
      let host = kinds[index].host
      guard pauses[host, default: HostPause()].mayStart(running: running(at: host), at: now) else { continue }
      let mayStart = { [running, rests] (id: ReplicableID) in
        let key = JobKey(name: name, id: id)
        return running[key] == nil && rests[key].map { $0 <= now } ?? true
      }
      let id =
        isVerification
        ? kinds[index].verifications.next(where: mayStart) : kinds[index].syncs.next(where: mayStart)
      guard let id else { continue }
      return RunningJob(
        key: JobKey(name: name, id: id), purpose: isVerification ? .verification : .sync, startedAt: now)
    }
    return nil
  }

  private func running(at host: String) -> Int {
    running.keys.count { key in kinds.first { $0.kind.name == key.name }?.host == host }
  }
}
