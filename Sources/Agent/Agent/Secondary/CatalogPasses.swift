internal import Replication
internal import Synchronization

/// When the current pass over each kind's catalog began: a pass that goes on for longer than its limit is ended.
///
/// A primary that always has one more page would otherwise keep a pass, and all that waits for its end, for ever.
final class CatalogPasses: Sendable {
  private let limit: Duration
  private let starts = Mutex<[ReplicableName: ContinuousClock.Instant]>([:])

  /// - Parameter limit: from the request of a first page to that of the last one.
  init(limit: Duration = .seconds(4 * 3_600)) { self.limit = limit }

  /// A page is about to be asked for; one behind no id begins a pass.
  ///
  /// - Throws: `WireError` when the pass has taken too long. The next one begins anew.
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
