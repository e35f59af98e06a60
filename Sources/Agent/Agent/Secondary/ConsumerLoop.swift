internal import Replication
internal import Synchronization

/// Consumes the primary's events by long poll, and passes the announced replicables to the scheduler.
struct ConsumerLoop: Sendable {
  let secondary: Secondary
  let scheduler: Scheduler
  let consistency: ConsistencyLoop
  let contact: PrimaryContact
  let machine: MachineHealth
  let primaryHost: String
  let observer: any ReplicationObserver
  let environment: SiteEnvironment

  /// How long the primary may wait for an event: below the timeouts of common proxies.
  private static let wait = Duration.seconds(25)
  private static let batch = 1_000
  private static let longestPause = Duration.seconds(15)

  private static let activity = "record the primary's events"

  /// The wait while kinds are joining the feed, because they have a backlog when they have joined.
  private static let shortWait = Duration.seconds(1)
  private static let tick = Duration.seconds(1)

  /// Runs until the task is cancelled. Each kind joins the feed independently, concurrently with those that follow it.
  func run() async {
    await withDiscardingTaskGroup { group in
      for kind in secondary.kinds { group.addTask { await self.join(kind.name) } }
      group.addTask { await self.follow() }
    }
  }

  private func follow() async {
    var failures = 0
    while !Task.isCancelled {
      do {
        let begun = ContinuousClock.now
        let isComplete = try await secondary.kindsToJoin().isEmpty
        let report = try await secondary.consumeEvents(
          limit: Self.batch, wait: isComplete ? Self.wait : Self.shortWait, joins: false)
        guard report.isFollowing else {
          // Throws only when cancelled, which the loop checks.
          try? await Task.sleep(for: Self.tick / 4)
          continue
        }
        failures = 0
        machine.succeeded(Self.activity)
        await scheduler.hostAnswered(primaryHost)
        if !report.announced.isEmpty { await scheduler.request(report.announced) }
        for reason in report.rejected.prefix(10) { observer.log(.trouble("an event was passed over: \(reason)")) }
        for reason in report.postponed.prefix(10) { observer.log(.postponed(reason)) }
        if !report.postponed.isEmpty { consistency.requestPass() }
        // Limits the rate of requests to a primary that answers at once without applicable events.
        if report.applied == 0, ContinuousClock.now - begun < Self.tick / 4 { await pause(1) }
      } catch {
        guard !Task.isCancelled else { return }
        failures += 1
        switch error {
        case PrimaryAccessError.unavailable(let reason):
          if contact.failure == nil { contact.failed(reason) }
          if failures == 1 { observer.log(.trouble("no events from the primary: \(reason)")) }
        case let error as PrimaryAccessError where !error.isOfThisMachine:
          if failures == 1 { observer.log(.trouble("no events from the primary: \(error)")) }
        default:
          // The primary has answered: recording the events here failed.
          machine.failed(Self.activity, "\(error)")
          if failures == 1 { observer.log(.trouble("this machine cannot \(Self.activity): \(error)")) }
        }
        await pause(failures)
      }
    }
  }

  /// Compares a kind with the catalog when it cannot follow the feed: at its first start, after it was enabled, or when
  /// the primary's log is another one or has been pruned too far.
  private func join(_ name: ReplicableName) async {
    var (failures, isFirst) = (0, true)
    while !Task.isCancelled {
      do {
        if try await secondary.kindsToJoin().contains(name) {
          let isReconciling = try secondary.feedState(of: name).isReconciling
          try await secondary.join(name)
          machine.succeeded(ConsistencyLoop.activity(name))
          await scheduler.wake()
          if isReconciling, !isFirst {
            observer.log(
              .note("the primary's log could not be followed for '\(name)': compared with its catalog instead"))
          }
        }
        (failures, isFirst) = (0, false)
        // Throws only when cancelled, which the loop checks.
        try? await Task.sleep(for: Self.tick)
      } catch {
        guard !Task.isCancelled else { return }
        failures += 1
        if (error as? PrimaryAccessError)?.isOfThisMachine ?? true {
          machine.failed(ConsistencyLoop.activity(name), "\(error)")
        }
        if failures == 1 { observer.log(.trouble("compare '\(name)' with the primary's catalog: \(error)")) }
        await pause(failures)
      }
    }
  }

  private func pause(_ failures: Int) async {
    let pause = min(Self.longestPause, .milliseconds(250 * (1 << min(failures, 6))))
    let jitter = Double(environment.random() % 1_000) / 1_000
    // Throws only when cancelled, which the loop checks.
    try? await Task.sleep(for: pause * (0.5 + jitter / 2))
  }
}

/// Failures of this machine outside of jobs, such as recording events on a full disk. Only a success of the same
/// activity ends its failure.
final class MachineHealth: Sendable {
  /// One activity that fails.
  struct Failure: Hashable, Sendable {
    var activity: String
    var since: Timestamp
    var message: String
  }

  private let failing = Mutex<[String: Failure]>([:])
  private let now: @Sendable () -> Timestamp

  init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

  func failed(_ activity: String, _ message: String) {
    let moment = now()
    failing.withLock { failing in
      failing[activity, default: Failure(activity: activity, since: moment, message: message)].message = message
    }
  }

  func succeeded(_ activity: String) { failing.withLock { _ = $0.removeValue(forKey: activity) } }

  /// In order of their names.
  var failures: [Failure] { failing.withLock { $0.values.sorted { $0.activity < $1.activity } } }
}

extension PrimaryAccessError {
  /// Whether the primary is this process, and its own disk failed.
  var isOfThisMachine: Bool {
    if case .paused(let pause) = self { pause.origin == .machine } else { false }
  }
}
