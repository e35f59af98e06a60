internal import Synchronization

/// How a kind takes part in the event feed, since this process started. What must survive a restart is the registry's cursor.
final class Feed: Sendable {
  struct State: Sendable {
    /// The log cannot be followed from the registry's cursor: the catalog is compared before the kind takes part again.
    var mustReconcile = false
    /// The cursor is of another log, so what the entries say of generations is void.
    var isOtherLog = false
    /// When the primary last answered that it does not have the kind; `nil` where it has it.
    var unknownSince: Timestamp?
    /// The primary answered that the kind is switched off there.
    var isOffOnPrimary = false
    /// What the primary's last listing left out.
    var leftOut = LeftOut()
    /// Counts the times that the kind was taken out of the feed: a batch that was read before moves no cursor after.
    var departures = 0
    var comparison: CatalogComparison?
    var lastComplete: CatalogComparison?
  }

  private let state = Mutex(State())

  var current: State { state.withLock { $0 } }

  /// Takes the kind out of the feed until its catalog was compared.
  func leave(isOtherLog: Bool) {
    state.withLock { state in
      state.mustReconcile = true
      state.isOtherLog = state.isOtherLog || isOtherLog
      state.departures += 1
    }
  }

  /// The catalog was compared, and the registry's cursor was moved to its position.
  func join() {
    state.withLock { state in
      state.mustReconcile = false
      state.isOtherLog = false
    }
  }

  func note(_ comparison: CatalogComparison, isOffOnPrimary: Bool, _ leftOut: LeftOut) {
    state.withLock { state in
      state.unknownSince = nil
      state.isOffOnPrimary = isOffOnPrimary
      state.comparison = comparison
      state.leftOut = leftOut
      if comparison.isComplete { state.lastComplete = comparison }
    }
  }

  func noteUnknown(at now: Timestamp) { state.withLock { $0.unknownSince = now } }
}

/// When a kind was last compared with the primary's catalog, and what the catalog was like.
public struct CatalogComparison: Hashable, Sendable {
  /// When the comparison ended.
  public var endedAt: Timestamp
  /// The primary's listing saw everything, or both sites have nothing of the kind.
  public var isComplete: Bool
}
