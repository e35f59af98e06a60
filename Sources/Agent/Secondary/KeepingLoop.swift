internal import Replication

/// What a secondary does by the calendar: verifications that are old are done again, the trash is emptied of what is old, and copies
/// that are no longer there are found.
struct KeepingLoop: Sendable {
  let secondary: Secondary
  let observer: any ReplicationObserver
  let environment: SiteEnvironment
  let verificationInterval: Duration
  let trashAge: Duration
  let historyAge: Duration

  private static let interval = Duration.seconds(60)
  private static let portion = 1_000
  /// Between two looks at the roots of the copies.
  private static let lookInterval = Duration.seconds(1_800)

  /// Runs until the task is cancelled.
  func run() async {
    var lookedAt: ContinuousClock.Instant?
    while !Task.isCancelled {
      if lookedAt.map({ .now - $0 >= Self.lookInterval }) ?? true {
        lookedAt = .now
        await lookForCopies()
      }
      do {
        try await reverify()
        try await secondary.emptyTrash(olderThan: trashAge, displacedAge: max(trashAge, historyAge))
      } catch {
        if !Task.isCancelled { observer.log(.trouble("keep copies and trash: \(error)")) }
      }
      // Cancelled: the loop sees it.
      try? await Task.sleep(for: Self.interval)
    }
  }

  /// A copy that was taken away, by hand or by a disk, is fetched again now and not when its next verification is due.
  private func lookForCopies() async {
    for kind in secondary.kinds {
      do {
        let missing = try await secondary.findMissingCopies(kind.name)
        for id in missing.prefix(10) {
          observer.log(.trouble("the copy of '\(id)' of '\(kind.name)' is no longer there: it is fetched again"))
        }
        if missing.count > 10 {
          observer.log(
            .trouble("\(missing.count) copies of '\(kind.name)' are no longer there: they are fetched again"))
        }
      } catch {
        if !Task.isCancelled { observer.log(.trouble("look for the copies of '\(kind.name)': \(error)")) }
      }
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
