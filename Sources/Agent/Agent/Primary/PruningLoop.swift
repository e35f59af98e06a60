internal import EventLog
internal import Replication

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
