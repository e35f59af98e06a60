internal import Replication
internal import Synchronization

/// Records when the current pass over each kind's catalog began, and ends a pass that exceeds its time limit.
///
/// Otherwise a primary that always has another page would block a pass, and all callers that wait for its end, without
/// limit.
final class CatalogPasses: Sendable {
  private let limit: Duration
  private let starts = Mutex<[ReplicableName: ContinuousClock.Instant]>([:])

  /// - Parameter limit: from the request of a first page to that of the last one.
  init(limit: Duration = .seconds(4 * 3_600)) { self.limit = limit }

  /// Records the request of a page; one without a start id begins a pass.
  ///
  /// - Throws: `WireError` when the pass has exceeded its limit.
  func page(of name: ReplicableName, after id: ReplicableID?) throws(WireError) {
    let now = ContinuousClock.now
    let isOver = starts.withLock { starts in
      guard id != nil, let start = starts[name] else {
        starts[name] = now
        return false
      }
      return now - start > limit
    }
    guard isOver else { return }
    starts.withLock { $0[name] = nil }
    throw WireError("a catalog of '\(name)' that did not end within \(limit.components.seconds) s")
  }
}
