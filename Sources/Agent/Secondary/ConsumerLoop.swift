internal import Replication

/// Takes the primary's events as they come, by long poll, and hands what they announce to the scheduler.
struct ConsumerLoop: Sendable {
  let secondary: Secondary
  let scheduler: Scheduler
  let consistency: ConsistencyLoop
  let contact: PrimaryContact
  let primaryHost: String
  let observer: any ReplicationObserver
  let environment: SiteEnvironment

  /// How long the primary is asked to wait for an event: below what proxies let stand.
  private static let wait = Duration.seconds(25)
  private static let batch = 1_000
  private static let longestPause = Duration.seconds(15)

  /// Runs until the task is cancelled.
  func run() async {
    var (failures, reconciled) = (0, 0)
    while !Task.isCancelled {
      do {
        let report = try await secondary.consumeEvents(limit: Self.batch, wait: Self.wait)
        failures = 0
        await scheduler.signOfLife(of: primaryHost)
        if !report.announced.isEmpty || report.hasReconciled { await scheduler.hurry(report.announced) }
        for reason in report.rejected.prefix(10) { observer.log(.trouble("an event was passed over: \(reason)")) }
        for reason in report.postponed.prefix(10) { observer.log(.postponed(reason)) }
        if !report.postponed.isEmpty { consistency.hurry() }
        reconciled = report.hasReconciled ? reconciled + 1 : 0
        if report.hasReconciled {
          observer.log(.note("the primary's log could not be followed: compared with its catalog instead"))
        }
        // Once is the rule. A log that cannot be followed even then is no reason to list everything without a pause.
        if reconciled > 1 { await pause(reconciled) }
      } catch {
        guard !Task.isCancelled else { return }
        failures += 1
        if contact.failure == nil { contact.failed("\(error)") }
        if failures == 1 { observer.log(.trouble("no events from the primary: \(error)")) }
        await pause(failures)
      }
    }
  }

  private func pause(_ failures: Int) async {
    let pause = min(Self.longestPause, .milliseconds(250 * (1 << min(failures, 6))))
    let jitter = Double(environment.random() % 1_000) / 1_000
    // Cancelled: the loop sees it.
    try? await Task.sleep(for: pause * (0.5 + jitter / 2))
  }
}
