internal import Mirroring
internal import Replication
internal import Synchronization

/// A job that runs, for whoever wants to look.
struct RunningJob: Sendable {
  let key: JobKey
  let purpose: JobPurpose
  let startedAt: ContinuousClock.Instant
}

/// What running syncs do, told by the threads that do it.
final class JobProgress: Sendable {
  private let steps = Mutex<[JobKey: MirrorProgress]>([:])

  func note(_ key: JobKey, _ step: MirrorProgress?) { steps.withLock { $0[key] = step } }

  /// Whether nothing has come from the host yet.
  func isBeforeAnswer(_ key: JobKey) -> Bool {
    switch steps.withLock({ $0[key] }) {
    case nil, .listing, .pausing: true
    case .requesting, .remote, .receiving, .indexing, .checking, .publishing: false
    }
  }

  func text(of key: JobKey) -> String? {
    switch steps.withLock({ $0[key] }) {
    case .pausing(let host, let seconds): "waiting \(seconds) s for \(host)"
    case .listing: "listing"
    case .requesting: "waiting for the pack"
    case .remote(let line): "waiting for the pack: \(line)"
    case .receiving(let objects, let total, let bytes): "receiving \(objects) of \(total) objects, \(bytes) bytes"
    case .indexing(let objects, let total): "indexing \(objects) of \(total) objects"
    case .checking(let objects): "checking \(objects) objects"
    case .publishing(let refs): "publishing \(refs) refs"
    case nil: nil
    }
  }
}
