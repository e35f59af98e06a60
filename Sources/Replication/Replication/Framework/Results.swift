/// What a sync came to.
public enum SyncResult: Hashable, Sendable {
  /// The copy holds what the events up to where it was wanted announced.
  case synced(hasChanged: Bool, warnings: [String] = [])
  /// It was synced, and asked for again meanwhile: it is pending.
  case pendingAgain
  /// It failed and is tried again with back-off; why.
  case failed(String)
  /// The host or this machine failed, not the replicable: its entry waits for a sync, no failure is counted; why.
  case paused(Pause)
  /// There is no such entry, or another job works on it.
  case notDue
}

/// What a verification came to.
public enum VerificationResult: Hashable, Sendable {
  /// The copy is equal to the primary.
  case succeeded(VerificationBasis)
  /// The copy has lines that the primary does not have: these, at most the first thousand.
  case mismatched([Difference])
  /// The primary changes faster than it can be compared: pending again, no failure.
  case moved
  /// Something was announced or asked for meanwhile: the sync that follows leads to another verification.
  case overtaken
  /// The copy or the primary cannot be read; why.
  case failed(String)
  /// The host or this machine failed, not the replicable: its entry waits for a verification, no failure is counted;
  /// why.
  case paused(Pause)
  /// The entry is not synced, or not tracked.
  case notDue
}

/// What an object check came to.
public enum CheckResult: Hashable, Sendable {
  /// Everything is there, and whole.
  case whole
  /// The copy is damaged and is fetched anew. The first finding.
  case damaged(String)
  /// This machine failed, or it was cancelled; nothing was recorded; why.
  case paused(Pause)
  /// There is no such copy, or it is another one by now.
  case notDue
}

/// What a housekeeping came to.
public enum HousekeepingResult: Hashable, Sendable {
  /// The work was done.
  case done(HousekeepingReport)
  /// It failed for a reason that lies in the copy; why. The copy is as it was.
  case failed(String)
  /// This machine failed, or it was cancelled; why.
  case paused(Pause)
  /// There is no such copy, or its kind needs none.
  case notDue
}

/// The evidence for a verification.
public enum VerificationBasis: String, Hashable, Sendable {
  /// A reading that the primary recorded no earlier than what the copy holds.
  case reading
  /// Two fresh listings of the primary around a sync.
  case bracket
}

/// What became of a batch of events.
public struct ConsumptionReport: Hashable, Sendable {
  /// Events that were applied.
  public var applied = 0
  /// Events that this site does not carry: not selected, or of a feature that is off.
  public var skipped = 0
  /// Events that make no sense here, with the reason; they are counted and passed.
  public var rejected: [String] = []
  /// Events that could not be followed now, such as the renaming of a copy that is being synced, with the reason: they
  /// are passed, and the next consistency pass does what they asked for.
  public var postponed: [String] = []
  /// A kind was compared with the catalog, because it could not follow the log (forked, pruned, not begun).
  public var hasReconciled = false
  /// At least one kind follows the log. `false`: nothing was asked for.
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

/// What a consistency pass did.
public struct ReconciliationReport: Hashable, Sendable {
  /// Entries made for replicables that were not tracked.
  public var inserted = 0
  /// Entries asked for again because they were behind.
  public var requested = 0
  /// Copies that got another id.
  public var renamed = 0
  /// Copies put into the trash.
  public var removed = 0
  /// Ids whose removal waits for a confirmation.
  public var waiting: [ReplicableID] = []
  /// What could not be done now, such as moving a copy that is being synced: the next pass does it.
  public var postponed: [String] = []
  /// The primary saw everything; only then was anything removed.
  public var isComplete = true

  /// Nothing.
  public init() {}
}

/// What a round of work did.
public struct WorkReport: Hashable, Sendable {
  /// Syncs that succeeded.
  public var synced = 0
  /// Verifications that succeeded.
  public var verified = 0
  /// What failed, `ID: why`.
  public var failures: [String] = []
  /// Why the work stopped early: the host or this machine failed.
  public var pausedBy: String?

  /// Nothing.
  public init() {}
}
