internal import Synchronization

/// A kind's state in the event feed since this process started. The registry's cursor is the part that survives a
/// restart.
final class Feed: Sendable {
  struct State: Sendable {
    /// The log cannot be followed from the registry's cursor: the catalog is compared before the kind follows the feed
    /// again.
    var mustReconcile = false
    /// The cursor is of another log, so the entries' generations are void.
    var isOtherLog = false
    /// When the primary last answered that it does not have the kind; `nil` where it has it.
    var unknownSince: Timestamp?
    /// The primary answered that the kind is switched off there.
    var isOffOnPrimary = false
    /// The directories that the primary's last listing left out.
    var leftOut = LeftOut()
    /// Counts how often the kind left the feed: a batch that was read before does not move the cursor after.
    var departures = 0
    /// Changes that the last comparison postponed.
    var postponed = PostponedChanges()
    var comparison: CatalogComparison?
    var lastComplete: CatalogComparison?
  }

  private let state = Mutex(State())

  var current: State { state.withLock { $0 } }

  /// Removes the kind from the feed until its catalog was compared.
  func leave(isOtherLog: Bool) {
    state.withLock { state in
      state.mustReconcile = true
      state.isOtherLog = state.isOtherLog || isOtherLog
      state.departures += 1
    }
  }

  /// Adds the kind to the feed again, after the catalog was compared and the registry's cursor was moved to its
  /// position.
  func join() {
    state.withLock { state in
      state.mustReconcile = false
      state.isOtherLog = false
    }
  }

  /// - Parameter postponed: why changes were postponed, one line each.
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

/// Changes on the primary that the last comparison with its catalog found and could not follow: a rename whose copy is
/// being synced or whose new place is occupied, or a replicable whose status the primary cannot determine. Each
/// comparison retries them.
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
  /// The primary's listing was complete, or both sites have no replicable of the kind.
  public var isComplete: Bool
}
