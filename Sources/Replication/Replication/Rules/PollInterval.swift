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
