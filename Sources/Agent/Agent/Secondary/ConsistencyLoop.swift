internal import Replication
internal import Synchronization

/// Compares the registries with the primary's catalog at intervals, so that lost changes are found.
final class ConsistencyLoop: Sendable {
  private let secondary: Secondary
  private let scheduler: Scheduler
  private let machine: MachineHealth
  private let observer: any ReplicationObserver
  private let interval: Duration
  private let signal = AutoResetEvent()
  /// The minimum delay between two passes, in which a postponed change may become possible.
  private static let patience = Duration.seconds(1)
  /// The delay after a pass that postponed changes; it is doubled after each further one.
  private static let firstRetry = Duration.seconds(5)

  init(
    _ secondary: Secondary, scheduler: Scheduler, machine: MachineHealth, observer: any ReplicationObserver,
    interval: Duration
  ) {
    self.secondary = secondary
    self.scheduler = scheduler
    self.machine = machine
    self.observer = observer
    self.interval = interval
  }

  /// Makes the next pass run soon, because a change was postponed.
  func requestPass() { signal.raise() }

  /// Runs until the task is cancelled. The first pass comes at once: much may have changed while the agent did not run.
  func run() async {
    var (failing, isFirst) = (Set<ReplicableName>(), true)
    var retry = Self.firstRetry
    while !Task.isCancelled {
      var hasPostponed = false
      for kind in secondary.kinds {
        do {
          // At the start, kinds without a cursor are compared when they join the feed.
          if isFirst, try await secondary.kindsToJoin().contains(kind.name) { continue }
          let report = try await secondary.reconcile(kind.name)
          hasPostponed = hasPostponed || !report.postponed.isEmpty
          for reason in report.postponed.prefix(10) { observer.log(.postponed(reason)) }
          failing.remove(kind.name)
          machine.succeeded(Self.activity(kind.name))
          tell(kind.name, report)
        } catch {
          // Errors other than the primary's answer or its timeout come from this site's own stores.
          if (error as? PrimaryAccessError)?.isOfThisMachine ?? true, !Task.isCancelled {
            machine.failed(Self.activity(kind.name), "\(error)")
          }
          if failing.insert(kind.name).inserted, !Task.isCancelled {
            observer.log(.trouble("compare '\(kind.name)' with the primary's catalog: \(error)"))
          }
        }
      }
      isFirst = false
      await scheduler.wake()
      await signal.wait(atMost: hasPostponed ? min(interval, retry) : interval)
      retry = hasPostponed ? min(interval, retry * 2) : Self.firstRetry
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.patience)
    }
  }

  static func activity(_ name: ReplicableName) -> String { "compare '\(name)' with the primary's catalog" }

  private func tell(_ name: ReplicableName, _ report: ReconciliationReport) {
    let changes = [
      (report.inserted, "found"), (report.requested, "behind"), (report.renamed, "renamed"),
      (report.removed, "removed"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if !changes.isEmpty { observer.log(.note("catalog of '\(name)': \(changes.joined(separator: ", "))")) }
  }
}

/// Records when the current pass over each kind's catalog began, and ends a pass that exceeds its time limit.
///
/// Otherwise a primary that always has another page would block a pass, and all callers that wait for its end, without
/// limit.
final class CatalogPasses: Sendable {
  private let limit: Duration
  private let starts = Mutex<[ReplicableName: ContinuousClock.Instant]>([:])

  /// - Parameter limit: from the request of a first page to that of the last one.
  init(limit: Duration = .seconds(4 * 3_600)) { self.limit = limit }

  /// Records the request of a page; one without a start id begins a pass.
  ///
  /// - Throws: `WireError` when the pass has exceeded its limit.
  func page(of name: ReplicableName, after id: ReplicableID?) throws(WireError) {
    let now = ContinuousClock.now
    let isOver = starts.withLock { starts in
      guard id != nil, let start = starts[name] else {
        starts[name] = now
        return false
      }
      return now - start > limit
    }
    guard isOver else { return }
    starts.withLock { $0[name] = nil }
    throw WireError("a catalog of '\(name)' that did not end within \(limit.components.seconds) s")
  }
}
