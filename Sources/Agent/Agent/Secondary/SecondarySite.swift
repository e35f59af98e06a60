internal import AgentClient
internal import DurableFiles
internal import Replication
internal import Scheduling
internal import SiteAssembly
internal import SystemPackage
internal import WorkerPool

/// A secondary with its state open, shared by its loops and its routes.
final class SecondarySite: Sendable {
  let secondary: Secondary
  let scheduler: Scheduler
  let contact: PrimaryContact
  let consistency: ConsistencyLoop
  let progress: JobProgress
  let failures: RecentFailures
  /// The primary's; `nil` where there is none.
  let primaryURL: String?
  /// The listed primary where there is no other.
  let listed: ListedPrimary?
  /// The primary that a promotion replaces; `nil` where there is none.
  let former: FormerPrimary?
  /// The client of the primary's agent; `nil` where there is none.
  let client: AgentClient?
  /// The hosts that content is fetched from, and this machine.
  let hosts: SourceHosts
  /// Failures of this machine outside of jobs.
  let machine: MachineHealth
  /// The roots of the copies, in the order of the kinds.
  let roots: [RootGuard]
  private let scans: CopyScanLoop
  private let record: SourceRecordLoop
  private let probes: CloneProbeLoop
  private let reactions: PollLoop.Reactions
  private let consumer: ConsumerLoop
  private let keeping: KeepingLoop
  private let site: OpenSecondary

  /// - Throws: errors of opening the registries; then nothing is left open.
  init(
    _ plan: AgentPlan, _ state: SiteResources, of address: AgentPlan.PrimaryAddress?, transitions: TransitionLog,
    counter: TrendCounter, observer: any ReplicationObserver
  ) async throws {
    let environment = state.environment
    contact = PrimaryContact(now: environment.now)
    progress = JobProgress()
    failures = RecentFailures()
    primaryURL = address?.url
    let log: @Sendable (ReplicationLine) -> Void = { observer.log($0) }
    let (hosts, machine) = (SourceHosts(environment: environment, line: log), MachineHealth(now: environment.now))
    (self.hosts, self.machine) = (hosts, machine)
    let recordPath = FilePath(plan.state).appending("sources.json")
    let known = try await state.storage.run { _ in SourceRecord.read(recordPath, RealFileSystem()) }
    hosts.restore(known.hostFailures)
    former = address.map { $0.former(state.http) }
    let primary: any PrimaryAccess
    if let address {
      let client = AgentClient(
        .url(address.url), http: state.http, authorization: address.signer.map { .signed($0) } ?? .none)
      primary = Self.remote(client, address.url, plan, contact)
      self.client = client
      listed = nil
    } else {
      let listed = try await ListedPrimary(
        plan, state, contact: contact, hosts: hosts, looks: known.lookFailures, observer: observer)
      primary = listed
      client = nil
      self.listed = listed
    }
    // Without a primary the states in this directory are those of the list.
    let care = CopyCare(adoptsServed: address != nil) { name, id, parts in
      log(.trouble("the copy of '\(id)' of '\(name)' was repaired: \(parts.joined(separator: ", "))"))
    } progress: { [progress] name, id, step in
      progress.note(JobKey(name: name, id: id), step)
    }
    var guards: [RootGuard] = []
    do {
      site = try await state.openSecondary(of: primary, care: care) { member, kind in
        let root = RootGuard(kind, state, tell: log)
        guards.append(root)
        let guarded = CopyStrategy(
          name: kind.name, strategy: member.strategy, root: root, hosts: hosts, storage: state.storage)
        member.strategy = MeteredStrategy(name: kind.name, strategy: guarded, trend: counter)
        member.registry = WatchedRegistry(name: kind.name, registry: member.registry, log: transitions)
      }
    } catch {
      await listed?.close()
      throw error
    }
    secondary = site.secondary
    let roots = guards
    self.roots = roots
    let primaryHost = address.map { SourceHost.name(of: $0.url) }
    scheduler = try Scheduler(
      secondary, hosts: hosts, primaryHost: primaryHost, sources: Self.sources(plan, listed, primaryHost), roots: roots,
      limits: plan.limits, checkInterval: plan.checkInterval, environment: environment, progress: progress,
      failures: failures, observer: observer)
    consistency = ConsistencyLoop(
      secondary, scheduler: scheduler, machine: machine, observer: observer, interval: plan.consistencyInterval)
    consumer = ConsumerLoop(
      secondary: secondary, scheduler: scheduler, consistency: consistency, contact: contact, machine: machine,
      primaryHost: primaryHost ?? SourceHost.machine, observer: observer, environment: environment)
    keeping = KeepingLoop(
      secondary: secondary, observer: observer, environment: environment,
      verificationInterval: plan.verificationInterval, trashAge: plan.trashAge, historyAge: plan.historyAge)
    scans = CopyScanLoop(
      secondary: secondary, scheduler: scheduler, guards: roots, storage: state.storage,
      interval: plan.fullScanInterval, observer: observer)
    record = SourceRecordLoop(
      path: recordPath, storage: state.storage, hosts: hosts,
      looks: { [listed] in await listed?.polls.failures ?? [] }, observer: observer)
    let (secondary, scheduler) = (secondary, scheduler)
    let resync: @Sendable (JobKey, SyncState) async -> Void = { key, wanted in
      do {
        guard try await secondary.registry(of: key.name).entry(of: key.id)?.state == wanted else { return }
        try await secondary.resync(key.id, key.name)
        await scheduler.request([.init(name: key.name, id: key.id)])
      } catch {
        if !Task.isCancelled { log(.trouble("ask for a sync of '\(key.id)' of '\(key.name)': \(error)")) }
      }
    }
    reactions = PollLoop.Reactions(lost: { await resync($0, .synced) }, found: { await resync($0, .failed) })
    let cloned = plan.kinds.filter { $0.dataType == .repository && plan.rosters[$0.name] == nil }
    probes = CloneProbeLoop(
      kinds: address == nil ? [] : cloned.compactMap { kind in kind.address.map { (kind.name, $0) } },
      secondary: secondary, remote: state.hostListing, hosts: hosts, interval: plan.polls.interval.lowerBound,
      reactions: reactions, observer: observer)
    for root in roots {
      do {
        try await scans.settle(root, unless: { $0.refusal != nil || $0.isSound })
      } catch {
        // The loop retries it; until then no job works there.
        root.couldNotCount("\(error)")
      }
    }
  }

  /// Returns the host of each replicable, by kind.
  private static func sources(
    _ plan: AgentPlan, _ listed: ListedPrimary?, _ primaryHost: String?
  ) -> [ReplicableName: @Sendable (ReplicableID) -> String] {
    var sources: [ReplicableName: @Sendable (ReplicableID) -> String] = [:]
    for kind in plan.kinds {
      if let listed {
        let name = kind.name
        sources[name] = { id in listed.location(of: id, name).map(SourceHost.name) ?? SourceHost.machine }
      } else if let address = kind.address {
        sources[kind.name] = { SourceHost.name(of: address.url(of: $0)) }
      } else if let primaryHost {
        sources[kind.name] = { _ in primaryHost }
      }
    }
    return sources
  }

  /// Work for the primary itself pauses under this name.
  var primaryHost: String { primaryURL.map(SourceHost.name) ?? SourceHost.machine }

  /// Returns why a repository cannot be polled at its host; `nil` where it can.
  func lookFailure(of key: JobKey) async -> LookFailure? { await listed?.polls.failure(of: key) }

  private static func remote(
    _ client: AgentClient, _ url: String, _ plan: AgentPlan, _ contact: PrimaryContact
  ) -> RemotePrimary {
    RemotePrimary(
      client: client, url: url,
      addresses: Dictionary(
        uniqueKeysWithValues: plan.kinds.compactMap { kind in kind.address.map { (kind.name, $0) } }),
      dataTypes: Dictionary(uniqueKeysWithValues: plan.kinds.map { ($0.name, $0.dataType) }), contact: contact,
      epoch: plan.epoch, listingBytes: plan.transfers.advertisementBytes)
  }

  /// Runs the loops until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.scheduler.run() }
      group.addTask { await self.consumer.run() }
      group.addTask { await self.consistency.run() }
      group.addTask { await self.keeping.run() }
      group.addTask { await self.scans.run() }
      group.addTask { await self.record.run() }
      group.addTask { await self.probes.run() }
      if let listed = self.listed { group.addTask { await listed.run(self.reactions) } }
    }
  }

  /// Closes the stores; no loop may run any more.
  func close() async {
    await site.close()
    await listed?.close()
  }
}

/// Runs a secondary's periodic tasks: requests verifications again that are too old, and removes old copies from the
/// trash.
struct KeepingLoop: Sendable {
  let secondary: Secondary
  let observer: any ReplicationObserver
  let environment: SiteEnvironment
  let verificationInterval: Duration
  let trashAge: Duration
  let historyAge: Duration

  private static let interval = Duration.seconds(60)
  private static let portion = 1_000

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        try await reverify()
        try await secondary.emptyTrash(olderThan: trashAge, displacedAge: max(trashAge, historyAge))
      } catch {
        if !Task.isCancelled { observer.log(.trouble("keep copies and trash: \(error)")) }
      }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.interval)
    }
  }

  private func reverify() async throws {
    let moment = environment.now() - verificationInterval
    for kind in secondary.kinds where try await secondary.isEnabled(kind) {
      let old = try await secondary.registry(of: kind.name).verified(before: moment, limit: Self.portion)
      for entry in old { try await secondary.reverify(entry.replicableID, kind.name) }
    }
  }
}
