internal import Replication
internal import Synchronization

/// The lags of the last thousand verifications.
final class LagWindow: Sendable {
  private struct Ring {
    var lags: [Duration] = []
    var next = 0
  }

  private let ring = Mutex(Ring())
  private static let size = 1_000

  func add(_ lag: Duration) {
    ring.withLock { ring in
      if ring.lags.count < Self.size {
        ring.lags.append(lag)
      } else {
        ring.lags[ring.next] = lag
        ring.next = (ring.next + 1) % Self.size
      }
    }
  }

  /// Summary and count; `nil` before the first.
  var summary: (lag: ReplicationLag, samples: Int)? {
    let lags = ring.withLock { $0.lags }
    return ReplicationLag(of: lags).map { ($0, lags.count) }
  }
}
