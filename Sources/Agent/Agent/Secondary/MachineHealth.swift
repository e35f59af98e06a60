internal import Replication
internal import Synchronization

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
