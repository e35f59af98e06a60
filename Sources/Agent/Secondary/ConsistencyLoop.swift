internal import Replication
internal import Synchronization

/// Compares the registries with the primary's catalog again and again, so that nothing stays forgotten.
final class ConsistencyLoop: Sendable {
  private let secondary: Secondary
  private let scheduler: Scheduler
  private let observer: any ReplicationObserver
  private let interval: Duration
  private let reports = Mutex<[ReplicableName: ReconciliationReport]>([:])
  private let signal = Signal()
  /// How long what could not be done now gets to become possible.
  private static let patience = Duration.seconds(1)

  init(
    _ secondary: Secondary, scheduler: Scheduler, observer: any ReplicationObserver, interval: Duration
  ) {
    self.secondary = secondary
    self.scheduler = scheduler
    self.observer = observer
    self.interval = interval
  }

  /// Something could not be done at once: makes the next pass come soon.
  func hurry() { signal.raise() }

  /// What the last pass over a kind found; `nil` before the first.
  func lastReport(of name: ReplicableName) -> ReconciliationReport? { reports.withLock { $0[name] } }

  /// Runs until the task is cancelled. The first pass comes at once: much may have happened while nobody ran.
  func run() async {
    var (hasFailed, isHurried) = (false, false)
    while !Task.isCancelled {
      for kind in secondary.kinds {
        do {
          let report = try await secondary.reconcile(kind.name)
          isHurried = isHurried || !report.postponed.isEmpty
          for reason in report.postponed.prefix(10) { observer.log(.postponed(reason)) }
          reports.withLock { $0[kind.name] = report }
          hasFailed = false
          tell(kind.name, report)
        } catch {
          if !hasFailed, !Task.isCancelled {
            observer.log(.trouble("compare '\(kind.name)' with the primary's catalog: \(error)"))
          }
          hasFailed = true
        }
      }
      await scheduler.hurry([])
      await signal.wait(atMost: isHurried ? min(interval, Self.patience * 5) : interval)
      isHurried = false
      // Cancelled: the loop sees it.
      try? await Task.sleep(for: Self.patience)
    }
  }

  private func tell(_ name: ReplicableName, _ report: ReconciliationReport) {
    let changes = [
      (report.inserted, "found"), (report.requested, "behind"), (report.renamed, "renamed"),
      (report.removed, "removed"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if !changes.isEmpty { observer.log(.note("catalog of '\(name)': \(changes.joined(separator: ", "))")) }
  }
}
