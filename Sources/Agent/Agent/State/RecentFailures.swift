internal import AgentAPI
internal import Replication
internal import Synchronization

/// The last failures, for display; bounded.
final class RecentFailures: Sendable {
  private let rows = Mutex<[StatusRow.FailureRow]>([])
  private static let limit = 20

  func add(_ name: ReplicableName, _ id: ReplicableID, _ message: String, at now: Timestamp) {
    let row = StatusRow.FailureRow(at: "\(now)", replicableName: name.text, id: id.text, message: message)
    rows.withLock { rows in
      rows.insert(row, at: 0)
      if rows.count > Self.limit { rows.removeLast() }
    }
  }

  var all: [StatusRow.FailureRow] { rows.withLock { $0 } }
}
