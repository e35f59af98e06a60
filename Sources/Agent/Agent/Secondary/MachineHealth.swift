internal import Replication
internal import Synchronization

/// What this machine could not do outside of jobs, such as recording events in a state whose disk is full. An activity is well again
/// when it has succeeded, and not before.
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
  /// The primary is this process, and what failed is its disk.
  var isOfThisMachine: Bool {
    if case .paused(let pause) = self { pause.origin == .machine } else { false }
  }
}
