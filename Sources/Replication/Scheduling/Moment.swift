package import Replication

/// The time of a step: read by the driver, once for each step.
package struct Moment: Sendable {
  /// By the clock that delays are measured with.
  package var instant: ContinuousClock.Instant
  /// By the calendar, for status.
  package var time: Timestamp
  /// A random number, 0 up to 1, for the length of a pause: many sites must not return to a host at one moment.
  package var jitter: Double

  /// A moment.
  package init(instant: ContinuousClock.Instant, time: Timestamp, jitter: Double) {
    self.instant = instant
    self.time = time
    self.jitter = jitter
  }
}
