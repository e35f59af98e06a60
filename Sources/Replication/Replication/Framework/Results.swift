/// The result of a sync.
public enum SyncResult: Hashable, Sendable {
  /// The copy holds all changes of the events up to the wanted generation.
  case synced(hasChanged: Bool, warnings: [String] = [])
  /// Synced, but a newer event arrived; pending again.
  case pendingAgain
  /// It failed and is retried with back-off; the reason.
  case failed(String)
  /// The host or this machine failed, not the replicable: its entry waits for a sync, and no failure is counted; the
  /// reason.
  case paused(Pause)
  /// There is no such entry, or another job works on it.
  case notDue
}

/// The result of a verification.
public enum VerificationResult: Hashable, Sendable {
  /// The copy is equal to the primary.
  case succeeded(VerificationBasis)
  /// The copy differs from the primary in these lines, at most the first thousand.
  case mismatched([Difference])
  /// The primary changes faster than it can be compared: pending again, no failure.
  case moved
  /// An event was announced or a sync requested meanwhile: the next sync is followed by another verification.
  case overtaken
  /// The copy or the primary cannot be read; the reason.
  case failed(String)
  /// The host or this machine failed, not the replicable: its entry waits for a verification, and no failure is
  /// counted; the reason.
  case paused(Pause)
  /// The entry is not synced, or not tracked.
  case notDue
}

/// The result of an object check.
public enum CheckResult: Hashable, Sendable {
  /// The copy is complete and intact.
  case whole
  /// The copy is damaged and is fetched anew. The first finding.
  case damaged(String)
  /// This machine failed, or the check was cancelled; nothing was recorded; the reason.
  case paused(Pause)
  /// There is no such copy, or it was replaced meanwhile.
  case notDue
}

/// The result of a housekeeping run.
public enum HousekeepingResult: Hashable, Sendable {
  /// The work was done.
  case done(HousekeepingReport)
  /// It failed for a reason in the copy, which is unchanged; the reason.
  case failed(String)
  /// This machine failed, or the run was cancelled; the reason.
  case paused(Pause)
  /// There is no such copy, or its kind needs none.
  case notDue
}

/// The evidence for a verification.
public enum VerificationBasis: String, Hashable, Sendable {
  /// A reading of the primary that is no older than the copy's generation.
  case reading
  /// Two fresh listings of the primary around a sync.
  case bracket
}

/// The result of consuming a batch of events.
public struct ConsumptionReport: Hashable, Sendable {
  /// Events that were applied.
  public var applied = 0
  /// Events of replicables that this site does not replicate: not selected, or the feature is off.
  public var skipped = 0
  /// Invalid events, with the reason; they are counted and skipped.
  public var rejected: [String] = []
  /// Events that could not be applied now, such as the rename of a copy that is being synced, with the reason: they are
  /// skipped, and the next consistency pass makes their changes.
  public var postponed: [String] = []
  /// A kind was compared with the catalog, because it could not follow the log (forked, pruned, not begun).
  public var hasReconciled = false
  /// Whether at least one kind follows the log. If not, no events were requested.
  public var isFollowing = false

  /// The announced replicables in order, to be synced soon.
  public var announced: [Announced] = []

  /// One replicable of a kind.
  public struct Announced: Hashable, Sendable {
    /// The kind.
    public var name: ReplicableName
    /// The id within it.
    public var id: ReplicableID

    /// A replicable.
    public init(name: ReplicableName, id: ReplicableID) {
      self.name = name
      self.id = id
    }
  }

  /// Nothing.
  public init() {}
}

/// The result of a consistency pass.
public struct ReconciliationReport: Hashable, Sendable {
  /// Entries made for replicables that were not tracked.
  public var inserted = 0
  /// Entries whose sync was requested because they were behind.
  public var requested = 0
  /// Copies that got another id.
  public var renamed = 0
  /// Copies moved to the trash.
  public var removed = 0
  /// Ids whose removal waits for a confirmation.
  public var waiting: [ReplicableID] = []
  /// Changes that were postponed to the next pass, such as moving a copy that is being synced.
  public var postponed: [String] = []
  /// Whether the primary's listing was complete; only then are copies removed.
  public var isComplete = true

  /// Nothing.
  public init() {}
}

/// The result of a round of work.
public struct WorkReport: Hashable, Sendable {
  /// Syncs that succeeded.
  public var synced = 0
  /// Verifications that succeeded.
  public var verified = 0
  /// Failures, `ID: REASON`.
  public var failures: [String] = []
  /// Why the work stopped early: the host or this machine failed.
  public var pausedBy: String?

  /// Nothing.
  public init() {}
}
