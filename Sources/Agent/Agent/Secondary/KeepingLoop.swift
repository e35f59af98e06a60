internal import Replication

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
