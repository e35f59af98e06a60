internal import Replication
internal import Scheduling
internal import Synchronization

/// Drives the scheduler of a secondary: passes inputs to `SchedulerState` and performs its actions. It makes no
/// decisions.
///
/// Events, backfill, retries and upkeep pass here; every job on a copy is started here.
actor Scheduler {
  /// A kind's properties for the driver.
  private struct Member {
    let kind: Kind
    /// The host that each replicable is fetched from.
    let host: @Sendable (ReplicableID) -> String
    /// The root of its copies.
    let root: RootGuard?
    let registry: any RegistryStoring
  }

  let secondary: Secondary
  let environment: SiteEnvironment
  let progress: JobProgress
  let failures: RecentFailures
  let lags = LagWindow()
  let observer: any ReplicationObserver
  nonisolated let hosts: SourceHosts
  /// The age after which a copy is checked again.
  let checkInterval: Duration
  private let members: [ReplicableName: Member]
  private var state: SchedulerState
  private var tasks: [Job: Task<Void, Never>] = [:]
  /// Queries and recoveries of the current pass.
  private var unanswered: [SchedulerAction] = []
  private var wakeAt: ContinuousClock.Instant?
  private let signal = AutoResetEvent()

  /// - Parameters:
  ///   - hosts: the hosts and their pauses.
  ///   - primaryHost: the primary's, which every job needs; `nil` where there is none.
  ///   - sources: the host that each replicable is fetched from, by kind.
  ///   - roots: those of the copies.
  ///   - checkInterval: the age after which a copy's objects are checked again.
  init(
    _ secondary: Secondary, hosts: SourceHosts, primaryHost: String?,
    sources: [ReplicableName: @Sendable (ReplicableID) -> String], roots: [RootGuard], limits: SchedulerLimits,
    checkInterval: Duration, environment: SiteEnvironment, progress: JobProgress, failures: RecentFailures,
    observer: any ReplicationObserver
  ) throws {
    self.secondary = secondary
    self.hosts = hosts
    self.environment = environment
    self.progress = progress
    self.failures = failures
    self.observer = observer
    self.checkInterval = checkInterval
    let kinds = try secondary.kinds.map { kind in
      ScheduledKind(kind.name, kind.dataType, needsUpkeep: try secondary.strategy(of: kind.name).needsUpkeep)
    }
    state = SchedulerState(kinds, primaryHost: primaryHost, limits: limits)
    members = try Dictionary(
      uniqueKeysWithValues: secondary.kinds.map { kind in
        let member = Member(
          kind: kind, host: sources[kind.name] ?? { _ in primaryHost ?? SourceHost.machine },
          root: roots.first { $0.kind == kind.name }, registry: try secondary.registry(of: kind.name))
        return (kind.name, member)
      })
  }

  /// Runs until the task is cancelled; then cancels the running jobs and waits for their end, which leaves each copy in
  /// its old or its new state.
  func run() async {
    while !Task.isCancelled {
      await observe()
      wakeAt = nil
      take(.wake)
      while let action = unanswered.first, !Task.isCancelled {
        unanswered.removeFirst()
        await answer(action)
      }
      while let wakeAt, wakeAt > .now, !Task.isCancelled { await signal.wait(atMost: wakeAt - .now) }
    }
    take(.shutdown)
    while let task = tasks.values.first { await task.value }
  }

  // MARK: Inputs

  /// Takes one input and performs the actions that it leads to.
  func take(_ input: SchedulerInput) {
    let moment = environment.moment
    for action in hosts.withTable({ state.step(input, at: moment, hosts: &$0) }) { perform(action) }
  }

  /// Requests jobs that an event or the operator made due.
  func request(_ announced: [ConsumptionReport.Announced], _ purpose: JobPurpose = .sync) {
    let requests = announced.compactMap { one in
      members[one.name].map { SchedulerInput.Request(JobKey(name: one.name, id: one.id), host: $0.host(one.id)) }
    }
    take(.requested(requests, purpose))
  }

  /// Requests an object check by the operator.
  func requestCheck(_ id: ReplicableID, _ name: ReplicableName) { request([.init(name: name, id: id)], .check) }

  /// Queries the due entries, because a registry has changed.
  func wake() { request([]) }

  /// Records that the host has answered a request outside of jobs.
  func hostAnswered(_ host: String) { take(.hostAnswered(host)) }

  /// Reads state that may have changed without an input.
  private func observe() async {
    for (name, member) in members {
      // If the state cannot be read, the jobs, which write it, report the error.
      take(.kind(name, isOn: (try? await secondary.isEnabled(member.kind)) ?? false))
      take(.storage(name, isPaused: member.root.map { !$0.isSound } ?? false))
    }
    take(.unanswered(Set(state.jobs.map(\.key).filter(progress.isBeforeAnswer))))
  }

  // MARK: Actions

  private func perform(_ action: SchedulerAction) {
    switch action {
    case .start(let job, let isThorough): start(job, isThorough: isThorough)
    case .prove(let job): start(job, isProof: true)
    case .cancel(let job): tasks[job]?.cancel()
    case .ask, .recover: unanswered.append(action)
    case .wake(let instant):
      guard wakeAt.map({ instant < $0 }) ?? true else { return }
      wakeAt = instant
      signal.raise()
    case .log(let change): hosts.log(change)
    case .logPostponed(let job, let why):
      let what = "\(job.purpose) of '\(job.key.id)' of '\(job.key.name)'"
      observer.log(.trouble("\(what), tried again later: \(why)"))
    }
  }

  private func start(_ job: Job, isThorough: Bool = false, isProof: Bool = false) {
    tasks[job] = Task {
      let outcome = isProof ? await outcome(ofProving: job) : await outcome(of: job, isThorough: isThorough)
      tasks[job] = nil
      take(.ended(job, outcome))
      // A sync that is followed by a proof is still running.
      if job.purpose != .check, tasks[job] == nil { progress.note(job.key, nil) }
    }
  }

  private func answer(_ action: SchedulerAction) async {
    switch action {
    case .ask(let question): take(.due(question, try? await due(question)))
    case .recover(let key):
      take(.recovered(key, (try? await secondary.abandon(key.id, key.name)) != nil))
    default: break
    }
  }

  private func due(_ question: DueQuestion) async throws -> DueAnswer? {
    guard let member = members[question.name] else { return nil }
    let (registry, now, limit) = (member.registry, environment.now(), question.limit)
    let rows =
      switch question.purpose {
      case .sync: try await registry.dueForSync(at: now, limit: limit)
      case .verification: try await registry.dueForVerification(at: now, limit: limit)
      case .check: try await registry.dueForCheck(at: now, interval: checkInterval, limit: limit)
      case .housekeeping: try await registry.window(after: question.after, limit: limit)
      }
    // A round over all copies: only the files show whether they need housekeeping.
    let due = question.purpose == .housekeeping ? rows.filter { $0.lastSyncedAt != nil } : rows
    let candidates = due.map { Candidate($0.replicableID, host: member.host($0.replicableID)) }
    return DueAnswer(candidates, rowCount: rows.count, last: rows.last?.replicableID)
  }

  // MARK: Status

  /// The running jobs.
  var jobs: [RunningJob] { state.jobs }

  /// The current limits.
  var limits: SchedulerLimits { state.limits }

  /// Returns the first failing requirement of a replicable's job: this machine, the primary, its host.
  func obstacle(of key: JobKey) -> HostTable.Failure? {
    let source = members[key.name].map { $0.host(key.id) }
    return (state.requiredHosts + (source.map { [$0] } ?? [])).lazy.compactMap { self.hosts.failure(of: $0) }.first
  }
}

/// The lags of the last thousand verifications.
final class LagWindow: Sendable {
  private struct Ring {
    var lags: [Duration] = []
    var next = 0
  }

  private let ring = Mutex(Ring())
  private static let size = 1_000

  func add(_ lag: Duration) {
    ring.withLock { ring in
      if ring.lags.count < Self.size {
        ring.lags.append(lag)
      } else {
        ring.lags[ring.next] = lag
        ring.next = (ring.next + 1) % Self.size
      }
    }
  }

  /// Summary and count; `nil` before the first.
  var summary: (lag: ReplicationLag, samples: Int)? {
    let lags = ring.withLock { $0.lags }
    return ReplicationLag(of: lags).map { ($0, lags.count) }
  }
}
