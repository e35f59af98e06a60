import Synchronization

/// A monotonic clock that a test moves.
public final class ManualClock: Sendable {
  private let instant = Mutex(ContinuousClock.now)

  /// A clock at the present instant.
  public init() {}

  /// The present instant.
  public var now: ContinuousClock.Instant { instant.withLock { $0 } }

  /// Moves the clock forward.
  public func move(_ duration: Duration) { instant.withLock { $0 += duration } }
}
