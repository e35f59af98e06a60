/// The replication lag of copies: the time from an event's publication to the verification of its change.
///
/// The two times come from two clocks, which may differ; a negative lag counts as zero.
package struct ReplicationLag: Hashable, Sendable {
  /// Half of the lags are at most this.
  package let median: Duration
  /// Nineteen of twenty are at most this.
  package let percentile95: Duration
  /// The longest.
  package let longest: Duration

  /// A summary of lags in any order; `nil` when there are none.
  package init?(of lags: some Sequence<Duration>) {
    let sorted = lags.map { max(.zero, $0) }.sorted()
    guard let longest = sorted.last else { return nil }
    median = Self.percentile(50, of: sorted)
    percentile95 = Self.percentile(95, of: sorted)
    self.longest = longest
  }

  /// Creates a summary of the present lags of entries.
  package init?(of entries: some Sequence<RegistryEntry>, at now: Timestamp) {
    self.init(of: entries.lazy.map { $0.lag(at: now) })
  }

  /// Returns the time from an event to the verification of its change.
  package static func between(announced: Timestamp, verified: Timestamp) -> Duration {
    max(.zero, verified - announced)
  }

  /// Returns a percentile by nearest rank.
  private static func percentile(_ percent: Int, of sorted: [Duration]) -> Duration {
    sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
  }
}

extension RegistryEntry {
  /// Returns the age of the oldest unverified change; zero when all are verified.
  package func lag(at now: Timestamp) -> Duration {
    announcedAt.map { ReplicationLag.between(announced: $0, verified: now) } ?? .zero
  }
}
