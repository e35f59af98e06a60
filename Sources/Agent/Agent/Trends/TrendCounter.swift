internal import Synchronization

/// Counts events between two samples of a site's trend.
final class TrendCounter: Sendable {
  struct Counts: Sendable {
    var lags: [Duration] = []
    var syncs = 0
    var bytes: UInt64 = 0
  }

  private let counts = Mutex(Counts())
  /// If a minute has more verifications, its lag is computed from the first of them.
  private static let mostLags = 10_000

  func lag(_ lag: Duration) {
    counts.withLock { if $0.lags.count < Self.mostLags { $0.lags.append(lag) } }
  }

  func synced() { counts.withLock { $0.syncs += 1 } }

  func transferred(_ bytes: UInt64) { counts.withLock { $0.bytes &+= bytes } }

  /// Returns the counts since the last call.
  func take() -> Counts {
    counts.withLock { counts in
      defer { counts = Counts() }
      return counts
    }
  }
}
