/// How a site did over the last day.
package struct TrendPage: Codable, Hashable, Sendable {
  /// Seconds that each sample stands for.
  package var intervalSeconds: Int
  /// The oldest first; minutes in which no agent ran are missing.
  package var samples: [TrendRow]

  /// A page.
  package init(intervalSeconds: Int, samples: [TrendRow]) {
    self.intervalSeconds = intervalSeconds
    self.samples = samples
  }
}

/// One minute of a site.
package struct TrendRow: Codable, Hashable, Sendable {
  /// The minute's end. RFC 3339, UTC.
  package var at: String
  /// On a secondary: half of the changes that were verified took no longer, from event to verified; `nil` where there was none.
  package var lagP50Seconds: Double?
  /// On a secondary: the longest of them.
  package var lagMaxSeconds: Double?
  /// On a secondary: for how long the oldest change waits that no verification has seen; 0 where none does.
  package var oldestUnsyncedSeconds: Double?
  /// On a secondary syncs that ended well, on a primary events that were published.
  package var changes: Int
  /// On a secondary: bytes that came over the wire.
  package var transferredBytes: UInt64?
  /// What waits: on a secondary syncs and verifications, on a primary readings.
  package var queue: Int

  /// A sample; the rest is set by name.
  package init(at: String, changes: Int, queue: Int) {
    self.at = at
    self.changes = changes
    self.queue = queue
  }
}
