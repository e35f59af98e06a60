internal import Replication
internal import SiteAssembly
internal import Synchronization

/// A job that runs, as the status shows it.
struct RunningJob: Sendable {
  let key: JobKey
  let purpose: JobPurpose
  let startedAt: ContinuousClock.Instant
}

/// What running syncs do, written by the threads that run them.
final class JobProgress: Sendable {
  private let steps = Mutex<[JobKey: SyncStep]>([:])

  func note(_ key: JobKey, _ step: SyncStep?) { steps.withLock { $0[key] = step } }

  /// Whether nothing has come from the host yet.
  func isBeforeAnswer(_ key: JobKey) -> Bool { steps.withLock { $0[key] }?.isBeforeAnswer ?? true }

  func text(of key: JobKey) -> String? { steps.withLock { $0[key] }?.text }
}
