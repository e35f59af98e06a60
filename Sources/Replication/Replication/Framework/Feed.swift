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
    /// What the last comparison could not do yet.
    var postponed = PostponedChanges()
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

  /// - Parameter postponed: why changes could not be followed now, one line each.
  func note(_ comparison: CatalogComparison, isOffOnPrimary: Bool, _ leftOut: LeftOut, postponed: [String]) {
    state.withLock { state in
      state.unknownSince = nil
      state.isOffOnPrimary = isOffOnPrimary
      state.comparison = comparison
      state.leftOut = leftOut
      state.postponed = PostponedChanges(postponed, at: comparison.endedAt, after: state.postponed)
      if comparison.isComplete { state.lastComplete = comparison }
    }
  }

  func noteUnknown(at now: Timestamp) { state.withLock { $0.unknownSince = now } }
}

/// Changes on the primary that the last comparison with its catalog found and could not follow: a rename whose copy is being synced,
/// whose new place is occupied, or of which the primary cannot say what became of it. Each comparison tries them again.
public struct PostponedChanges: Hashable, Sendable {
  /// How many.
  public private(set) var count = 0
  /// Why, of the first ten.
  public private(set) var reasons: [String] = []
  /// Since when each comparison postponed something; `nil` when the last one did not.
  public private(set) var since: Timestamp?

  init() {}

  init(_ all: [String], at now: Timestamp, after last: PostponedChanges) {
    count = all.count
    reasons = Array(all.prefix(10))
    since = all.isEmpty ? nil : last.since ?? now
  }
}

/// When a kind was last compared with the primary's catalog, and what the catalog was like.
public struct CatalogComparison: Hashable, Sendable {
  /// When the comparison ended.
  public var endedAt: Timestamp
  /// The primary's listing saw everything, or both sites have nothing of the kind.
  public var isComplete: Bool
}
