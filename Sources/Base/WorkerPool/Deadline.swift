/// An instant by which something must be over. Counts through a suspension of the machine (`ContinuousClock`) and
/// does not follow the wall clock.
package struct Deadline: Sendable, Hashable, Comparable {
  private let instant: ContinuousClock.Instant

  private init(_ instant: ContinuousClock.Instant) { self.instant = instant }

  /// That long from now. A negative duration gives a deadline that has passed.
  package static func after(_ duration: Duration) -> Deadline {
    // Beyond a century the arithmetic could overflow, and no caller waits so long.
    Deadline(ContinuousClock.now.advanced(by: min(duration, century)))
  }

  /// Later than any run of a process: for waits that only cancellation ends.
  package static let distant = Deadline.after(century)

  private static let century = Duration.seconds(100 * 365 * 24 * 3600)

  /// The remaining time; zero or negative when the deadline has passed.
  package var remaining: Duration { ContinuousClock.now.duration(to: instant) }

  package var hasPassed: Bool { remaining <= .zero }

  /// The one of both that comes first.
  package func earlier(_ other: Deadline) -> Deadline { min(self, other) }

  /// The remaining time as an argument for poll(2): milliseconds, rounded up so that a poll does not spin before the
  /// end, zero when it has passed, an hour at most (the caller loops anyway).
  package var pollTimeoutMilliseconds: Int32 {
    let remaining = remaining
    guard remaining > .zero else { return 0 }
    guard remaining < .seconds(3600) else { return 3_600_000 }
    let (seconds, attoseconds) = remaining.components
    return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }

  package static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}
