internal import Scheduling
internal import SiteAssembly
internal import Synchronization

/// The steps of running syncs, written by the threads that run them.
final class JobProgress: Sendable {
  private let steps = Mutex<[JobKey: SyncStep]>([:])

  func note(_ key: JobKey, _ step: SyncStep?) { steps.withLock { $0[key] = step } }

  /// Whether the host has not sent any byte yet.
  func isBeforeAnswer(_ key: JobKey) -> Bool { steps.withLock { $0[key] }?.isBeforeAnswer ?? true }

  func text(of key: JobKey) -> String? { steps.withLock { $0[key] }?.text }
}
