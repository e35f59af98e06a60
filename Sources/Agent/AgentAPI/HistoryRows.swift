/// What happened to the refs of a copy.
package struct HistoryPage: Codable, Hashable, Sendable {
  /// The newest first.
  package var changes: [HistoryRow]
  /// Lines of the journal that are damaged and were left out.
  package var damagedLines: Int
  /// There are older ones.
  package var hasMore: Bool
  /// Where the copy is, for `remora restore`.
  package var path: String

  /// A page.
  package init(changes: [HistoryRow], damagedLines: Int, hasMore: Bool, path: String) {
    self.changes = changes
    self.damagedLines = damagedLines
    self.hasMore = hasMore
    self.path = path
  }
}

/// One change of one ref. What it was before can be restored as long as the copy keeps it.
package struct HistoryRow: Codable, Hashable, Sendable {
  /// When. RFC 3339, UTC.
  package var at: String
  /// The ref's full name, or `HEAD`.
  package var ref: String
  /// The oid before; `nil` where there was none.
  package var old: String?
  /// The oid after; `nil` where there is none.
  package var new: String?

  /// A change.
  package init(at: String, ref: String, old: String?, new: String?) {
    self.at = at
    self.ref = ref
    self.old = old
    self.new = new
  }
}

/// What happened to one replicable lately.
package struct TransitionPage: Codable, Hashable, Sendable {
  /// The newest first.
  package var transitions: [TransitionRow]

  /// A page.
  package init(transitions: [TransitionRow]) { self.transitions = transitions }
}

/// A change of an entry's state, or of a primary's state of a replicable.
package struct TransitionRow: Codable, Hashable, Sendable {
  /// When. RFC 3339, UTC.
  package var at: String
  /// The kind.
  package var replicableName: String
  /// The id.
  package var modelRecordId: String
  /// The sync before; `nil` where it was not tracked, and on a primary.
  package var oldState: Word<SyncWord>?
  /// The sync after; `nil` where it is no longer tracked, and on a primary.
  package var state: Word<SyncWord>?
  /// The verification before.
  package var oldVerificationState: Word<VerificationWord>?
  /// The verification after.
  package var verificationState: Word<VerificationWord>?
  /// Why it failed, where it failed.
  package var message: String?

  /// A transition; the rest is set by name.
  package init(at: String, replicableName: String, modelRecordId: String) {
    self.at = at
    self.replicableName = replicableName
    self.modelRecordId = modelRecordId
  }
}

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
