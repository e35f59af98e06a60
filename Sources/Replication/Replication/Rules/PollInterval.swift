/// How long to wait until a repository is asked again whether it has changed: a tenth of the time for which it has not.
///
/// So what is worked on is looked at often and what sleeps seldom, and what is found was missed for a tenth of its rest at most.
package enum PollInterval {
  /// - Parameters:
  ///   - quiet: since the last change that was seen.
  ///   - bounds: the shortest and the longest wait.
  ///   - jitter: 0 to 1; spreads what was asked together by a tenth to both sides.
  package static func next(quiet: Duration, within bounds: ClosedRange<Duration>, jitter: Double) -> Duration {
    let wait = min(max(quiet / 10, bounds.lowerBound), bounds.upperBound)
    return wait * (0.9 + 0.2 * jitter)
  }

  /// After so many failures in a row.
  package static func next(failures: Int, within bounds: ClosedRange<Duration>, jitter: Double) -> Duration {
    let wait = min(bounds.lowerBound * (1 << min(max(failures, 0), 16)), bounds.upperBound)
    return wait * (0.9 + 0.2 * jitter)
  }
}
