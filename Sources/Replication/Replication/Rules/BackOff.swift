/// Computes when failed work is retried: with growing, randomized delays and no limit on retries.
///
/// After the n-th failure since the last success: n⁴ + 15 + rand(0..29)·(n+1) seconds, but never later than the cap and
/// one first delay. The cap is an hour, and four hours for replicables that the primary lacks. This is Geo's schedule,
/// which operators are used to.
///
/// | n | earliest | latest |
/// |---|---|---|
/// | 1 | 16 s | 74 s |
/// | 2 | 31 s | 118 s |
/// | 3 | 96 s | 212 s |
/// | 4 | 271 s | 416 s |
/// | 5 | 640 s | 814 s |
/// | 6 | 1311 s | 1514 s |
/// | 7 | 2416 s | 2648 s |
/// | 8 and more | 3616 s | 3674 s |
/// | 11 and more, missing on the primary | 14416 s | 14474 s |
package enum BackOff {
  /// The delay after the n-th failure, before the cap.
  ///
  /// - Parameter count: n, from 1.
  package static func delay(after count: Int, using generator: inout some RandomNumberGenerator) -> Duration {
    precondition(count > 0, "nothing failed, so there is nothing to wait for")
    // Larger than every cap, and without an overflow.
    let n = min(count, 1_000)
    return .seconds(n * n * n * n + 15 + Int.random(in: 0...29, using: &generator) * (n + 1))
  }

  /// Returns when to retry work that failed at `now` for the n-th time.
  package static func retryTime(
    after count: Int, missingOnPrimary: Bool, at now: Timestamp, using generator: inout some RandomNumberGenerator
  ) -> Timestamp {
    let delay = delay(after: count, using: &generator)
    let longest = cap(missingOnPrimary: missingOnPrimary) + Self.delay(after: 1, using: &generator)
    return now + min(delay, longest)
  }

  /// Whether a retry time has come.
  ///
  /// A time further in the future than any delay was set before the clock was set back: it is due as well, so that no
  /// entry waits longer than the cap.
  package static func isDue(_ retryAt: Timestamp?, missingOnPrimary: Bool, at now: Timestamp) -> Bool {
    guard let retryAt else { return true }
    return retryAt <= now || retryAt > now + longest(missingOnPrimary: missingOnPrimary)
  }

  /// Returns the longest delay: the cap and the longest first delay.
  package static func longest(missingOnPrimary: Bool) -> Duration {
    cap(missingOnPrimary: missingOnPrimary) + .seconds(74)
  }

  private static func cap(missingOnPrimary: Bool) -> Duration { .seconds(missingOnPrimary ? 14_400 : 3_600) }
}

/// Computes the wait until the next poll of a repository: a tenth of the time since its last change.
///
/// So active repositories are polled often and quiet ones seldom. A change is found after at most a tenth of the quiet
/// time before it.
package enum PollInterval {
  /// - Parameters:
  ///   - quiet: since the last change that was seen.
  ///   - bounds: the shortest and the longest wait.
  ///   - jitter: 0 to 1; spreads polls that coincided by a tenth to both sides.
  package static func next(quiet: Duration, within bounds: ClosedRange<Duration>, jitter: Double) -> Duration {
    let wait = min(max(quiet / 10, bounds.lowerBound), bounds.upperBound)
    return wait * (0.9 + 0.2 * jitter)
  }

  /// Returns the wait after a number of consecutive failures.
  package static func next(failures: Int, within bounds: ClosedRange<Duration>, jitter: Double) -> Duration {
    let wait = min(bounds.lowerBound * (1 << min(max(failures, 0), 16)), bounds.upperBound)
    return wait * (0.9 + 0.2 * jitter)
  }
}
