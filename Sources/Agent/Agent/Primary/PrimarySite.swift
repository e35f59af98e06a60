internal import EventLog
internal import Replication
internal import Scheduling
internal import SiteAssembly
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// A primary with its state open, shared by its loops and its routes.
final class PrimarySite: Sendable {
  let primary: Primary
  let log: DurableEventLog
  let intake: EventIntake
  let scans: ScanLoop
  let spool: SpoolLoop
  let secondaries: SecondaryContacts
  let reports: SiteReports
  let checksums: ChecksumLoop
  private let pruning: PruningLoop
  private let epoch: SiteEpoch?
  private let site: OpenPrimary

  /// - Throws: errors of opening the log and the states; then nothing is left open.
  init(
    _ plan: AgentPlan, _ state: SiteResources, secondaries names: [String], transitions: TransitionLog,
    counter: TrendCounter, observer: any ReplicationObserver
  ) async throws {
    let environment = state.environment
    epoch = plan.epoch
    site = try await state.openPrimary(
      secondaries: names, catalogAge: plan.scanInterval + .seconds(30),
      log: { GatedEventLog(log: $0, epoch: plan.epoch) }
    ) { member, kind in
      member.strategy = MeteredStrategy(name: kind.name, strategy: member.strategy, trend: counter)
      member.states = WatchedStates(name: kind.name, states: member.states, log: transitions)
    }
    (primary, log) = (site.primary, site.log)
    do {
      let spool = SpoolIntake(
        FilePath(plan.state).appending("spool"), pool: state.storage, now: environment.now)
      try await spool.prepare()
      // Members create files there; they cannot list the directory, and can remove only their own files.
      try HookGroup.set(plan.hookGroup, on: "\(plan.state)/spool", mode: 0o1730, alone: 0o700)
      let signal = AutoResetEvent()
      intake = EventIntake(primary: primary, signal: signal)
      self.spool = SpoolLoop(spool, intake: intake, observer: observer)
      checksums = ChecksumLoop(
        primary: primary, signal: signal, observer: observer, environment: environment,
        width: plan.limits.verifications, interval: plan.verificationInterval)
      scans = ScanLoop(
        primary, checksums: signal, observer: observer, environment: environment, interval: plan.scanInterval,
        fullInterval: plan.fullScanInterval)
      pruning = PruningLoop(log: log, secondaries: Set(names), observer: observer)
      secondaries = SecondaryContacts(names, now: environment.now)
      reports = try await SiteReports(
        state: plan.state, names: names, kinds: plan.kinds, storage: state.storage, now: environment.now,
        observer: observer)
    } catch {
      // The first error is thrown; published events are durable.
      try? await site.close()
      throw error
    }
  }

  /// Runs the loops until the task is cancelled, or another site replaces this one: a fenced primary publishes nothing,
  /// and leaves the hooks' files in the spool.
  func run() async {
    guard let epoch else { return await runLoops() }
    guard epoch.record.fence == nil else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.runLoops() }
      group.addTask { await epoch.waitForFence() }
      await group.next()
      group.cancelAll()
    }
  }

  private func runLoops() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.checksums.run() }
      group.addTask { await self.scans.run() }
      group.addTask { await self.spool.run() }
      group.addTask { await self.pruning.run() }
    }
  }

  /// Closes the stores; no loop may run any more.
  func close() async {
    // Published events are durable; only the newest acknowledgements of readers may be lost.
    try? await site.close()
  }
}

/// When each secondary last sent a request, and the cursor up to which it has consumed events.
final class SecondaryContacts: Sendable {
  struct Contact: Sendable {
    var lastContactAt: Timestamp?
    var cursor: Cursor?
  }

  let names: [String]
  private let contacts = Mutex<[String: Contact]>([:])
  private let now: @Sendable () -> Timestamp

  init(_ names: [String], now: @escaping @Sendable () -> Timestamp) {
    self.names = names
    self.now = now
  }

  func heard(from name: String, cursor: Cursor? = nil) {
    let moment = now()
    contacts.withLock { contacts in
      contacts[name, default: Contact()].lastContactAt = moment
      if let cursor { contacts[name, default: Contact()].cursor = cursor }
    }
  }

  subscript(name: String) -> Contact { contacts.withLock { $0[name] ?? Contact() } }
}

/// Prunes events that every secondary has acknowledged, and events older than the retention.
struct PruningLoop: Sendable {
  let log: DurableEventLog
  let secondaries: Set<String>
  let observer: any ReplicationObserver

  private static let interval = Duration.seconds(300)

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.interval)
      guard !Task.isCancelled else { return }
      do { _ = try await log.prune(secondaries: secondaries) } catch {
        if !Task.isCancelled { observer.log(.trouble("prune the event log: \(error)")) }
      }
    }
  }
}
