/// A site at a glance.
package struct StatusRow: Codable, Hashable, Sendable {
  /// The site's name.
  package var site: String
  /// Its role.
  package var role: Word<AgentRole>
  /// Where browsers and other sites reach it, if configured.
  package var url: String?
  /// Nothing below needs the operator.
  package var isHealthy: Bool
  /// What does, one line each.
  package var problems: [String]
  /// The site serves copies that are no further behind than `ready.lag`, as `/readyz` answers; `nil` from a version
  /// that did not say.
  package var isReady: Bool?
  /// Why it does not, one line each.
  package var obstacles: [String]?
  /// The program's version.
  package var version: String
  /// Since when it runs.
  package var startedAt: String
  /// The kinds, in the order of the configuration.
  package var kinds: [KindRow]
  /// On a secondary: from event to verified.
  package var lag: LagRow?
  /// On a secondary: the one that has waited longest, with its reason.
  package var oldestUnsynced: OldestRow?
  /// What runs now.
  package var jobs: [JobRow]
  /// On a secondary: how many jobs may run at a time, by the names of the configuration's limits.
  package var jobLimits: [String: Int]?
  /// The last failures, the newest first.
  package var lastFailures: [FailureRow]
  /// The last event: on a primary the log's end, on a secondary the one that was taken last.
  package var lastEventId: UInt64?
  /// When that event was published; `nil` where unknown, as on a secondary before it consumes the first.
  package var lastEventAt: String?
  /// On a secondary: the primary.
  package var primary: PrimaryRow?
  /// On a primary: its secondaries.
  package var secondaries: [SecondaryRow]?
  /// The number of recorded promotions.
  package var epoch: UInt64?
  /// On a primary that was replaced: by whom.
  package var fencedBy: String?
  /// On a secondary without a primary: what says which repositories there are.
  package var rosters: [RepositoryListRow]?

  /// On a secondary: the hosts that content is fetched from and that fail, in order of their names.
  package var failingHosts: [HostRow]?
  /// On a secondary: what this machine itself cannot do now.
  package var machine: [TroubleRow]?

  /// A status; the rest is set by name.
  package init(site: String, role: AgentRole, version: String, startedAt: String) {
    self.site = site
    self.role = .known(role)
    self.version = version
    self.startedAt = startedAt
    isHealthy = true
    problems = []
    kinds = []
    jobs = []
    lastFailures = []
  }

  /// A host that fails.
  package struct HostRow: Codable, Hashable, Sendable {
    /// Scheme, host and port.
    package var host: String
    /// Since when.
    package var failingSince: String
    /// What went wrong last.
    package var message: String
    /// When it is asked again; `nil` while it is being asked.
    package var retryAt: String?
    /// When it last answered, if known.
    package var lastAnswerAt: String?

    /// A row.
    package init(host: String, failingSince: String, message: String, retryAt: String?, lastAnswerAt: String?) {
      self.host = host
      self.failingSince = failingSince
      self.message = message
      self.retryAt = retryAt
      self.lastAnswerAt = lastAnswerAt
    }
  }

  /// Something that this machine cannot do.
  package struct TroubleRow: Codable, Hashable, Sendable {
    /// The activity that failed.
    package var activity: String
    /// Since when it fails.
    package var failingSince: String
    /// What went wrong last.
    package var message: String

    /// A row.
    package init(activity: String, failingSince: String, message: String) {
      self.activity = activity
      self.failingSince = failingSince
      self.message = message
    }
  }

  /// One kind's numbers. Percentages are of `count`.
  package struct KindRow: Codable, Hashable, Sendable {
    /// The name.
    package var name: String
    /// The name in the plural.
    package var plural: String
    /// The feature flag is on.
    package var isEnabled: Bool
    /// Replicables: on a primary all that have a state, on a secondary all that are tracked.
    package var count: Int
    /// Entries, or states, by state.
    package var states: [String: Int]
    /// Replicables that are tracked and not replicated, by reason: `excluded`, `unavailable`, `broken`, `feature_off`,
    /// `feature_off_on_primary`, `unknown_to_primary`. They count in `count` and in none of the states.
    package var notReplicated: [String: Int]?
    /// The first hundred of what the primary does not offer.
    package var notReplicatedExamples: [NotReplicatedRow]?
    /// On a secondary: the primary does not have the kind.
    package var isUnknownToPrimary: Bool?
    /// On a secondary: the kind's feature is off on the primary.
    package var isOffOnPrimary: Bool?
    /// On a secondary: when the kind was last compared with a complete catalog of the primary, since this agent
    /// started.
    package var comparedAt: String?
    /// On a secondary: how many changes on the primary the last comparison could not follow.
    package var postponedCount: Int?
    /// Why, of the first ten.
    package var postponed: [String]?
    /// Since when each comparison postponed something.
    package var postponedSince: String?
    /// The same of the verification.
    package var verificationStates: [String: Int]
    /// Synced copies that wait for a verification.
    package var needsVerification: Int
    /// Copies whose last verification found a difference.
    package var mismatched: Int
    /// Entries that the primary does not have.
    package var missingOnPrimary: Int
    /// Copies whose last object check found something.
    package var damaged: Int
    /// Copies that were never checked.
    package var unchecked: Int
    /// When the copy was checked whose check is the oldest.
    package var oldestCheckAt: String?
    /// Ids whose removal waits for a confirmation.
    package var removalsWaiting: [String]
    /// On a primary: when the last scan ended.
    package var lastScanAt: String?
    /// On a primary: the last listing saw everything.
    package var isCatalogComplete: Bool?
    /// What the primary's last listing left out, `PATH: REASON`: the first hundred, on a secondary the first ten.
    package var skipped: [String]
    /// How many it left out in all.
    package var skippedCount: Int?
    /// On a primary: why the last scan failed.
    package var scanFailure: String?
    /// On a primary: directories that look like repositories and were never one that git can use, `PATH: REASON`, the
    /// first hundred.
    package var neverServed: [String]?
    /// On a secondary with a list: repositories that cannot be asked for changes, although their host answers.
    package var failingPolls: Int?
    /// The one of these that fails longest.
    package var oldestFailingPoll: FailureRow?
    /// On a secondary: why nothing is done in the directory of the copies; `nil` where it is the right one.
    package var rootRefusal: String?

    /// A kind; the rest is set by name.
    package init(name: String, plural: String, isEnabled: Bool) {
      self.name = name
      self.plural = plural
      self.isEnabled = isEnabled
      count = 0
      states = [:]
      verificationStates = [:]
      needsVerification = 0
      mismatched = 0
      missingOnPrimary = 0
      damaged = 0
      unchecked = 0
      removalsWaiting = []
      skipped = []
    }

    /// Returns how many syncs are in a state.
    package func count(_ state: SyncWord) -> Int { states[state.rawValue] ?? 0 }

    /// Returns how many verifications, on a primary readings, are in a state.
    package func count(_ state: VerificationWord) -> Int { verificationStates[state.rawValue] ?? 0 }

    /// Returns how many are not replicated for a reason.
    package func count(_ reason: NotReplicatedReason) -> Int { notReplicated?[reason.rawValue] ?? 0 }
  }

  /// A replicable that the primary does not offer.
  package struct NotReplicatedRow: Codable, Hashable, Sendable {
    /// The id.
    package var id: String
    /// `excluded`, `unavailable` or `broken`.
    package var reason: Word<NotReplicatedReason>
    /// The reason in words, where it is broken.
    package var message: String?
    /// On a secondary: when this was recorded here.
    package var since: String?
    /// On a secondary: when the copy was last synced.
    package var lastSuccessAt: String?

    /// A row.
    package init(
      id: String, reason: Word<NotReplicatedReason>, message: String? = nil, since: String? = nil,
      lastSuccessAt: String? = nil
    ) {
      self.id = id
      self.reason = reason
      self.message = message
      self.since = since
      self.lastSuccessAt = lastSuccessAt
    }
  }

  /// How long it took from an event to the verification that saw it, over the last thousand.
  package struct LagRow: Codable, Hashable, Sendable {
    /// Half of them.
    package var p50Seconds: Double
    /// Nineteen of twenty.
    package var p95Seconds: Double
    /// The longest.
    package var maxSeconds: Double
    /// How many.
    package var samples: Int

    /// A lag.
    package init(p50Seconds: Double, p95Seconds: Double, maxSeconds: Double, samples: Int) {
      self.p50Seconds = p50Seconds
      self.p95Seconds = p95Seconds
      self.maxSeconds = maxSeconds
      self.samples = samples
    }
  }

  /// The replicable that has waited longest.
  package struct OldestRow: Codable, Hashable, Sendable {
    /// The kind.
    package var replicableName: String
    /// The id.
    package var id: String
    /// For how long.
    package var seconds: Double
    /// Why.
    package var reason: String

    /// A row.
    package init(replicableName: String, id: String, seconds: Double, reason: String) {
      self.replicableName = replicableName
      self.id = id
      self.seconds = seconds
      self.reason = reason
    }
  }

  /// A running job.
  package struct JobRow: Codable, Hashable, Sendable {
    /// The kind.
    package var replicableName: String
    /// The id.
    package var id: String
    /// Its purpose.
    package var purpose: Word<JobWord>
    /// For how long it runs.
    package var seconds: Double
    /// What it does now, such as `receiving 120 of 4000 objects`.
    package var progress: String?

    /// A row.
    package init(replicableName: String, id: String, purpose: Word<JobWord>, seconds: Double, progress: String?) {
      self.replicableName = replicableName
      self.id = id
      self.purpose = purpose
      self.seconds = seconds
      self.progress = progress
    }
  }

  /// A failure.
  package struct FailureRow: Codable, Hashable, Sendable {
    /// When.
    package var at: String
    /// The kind.
    package var replicableName: String
    /// The id.
    package var id: String
    /// The error.
    package var message: String

    /// A row.
    package init(at: String, replicableName: String, id: String, message: String) {
      self.at = at
      self.replicableName = replicableName
      self.id = id
      self.message = message
    }
  }

  /// A secondary's state of its primary.
  package struct PrimaryRow: Codable, Hashable, Sendable {
    /// Where it is.
    package var url: String
    /// It answered last time.
    package var isReachable: Bool
    /// When it last answered.
    package var lastContactAt: String?
    /// Why work for it is paused; `nil` when it is not.
    package var pausedBy: String?

    /// A row.
    package init(url: String, isReachable: Bool, lastContactAt: String?, pausedBy: String?) {
      self.url = url
      self.isReachable = isReachable
      self.lastContactAt = lastContactAt
      self.pausedBy = pausedBy
    }
  }

  /// A list or a manifest of repositories whose host has no agent.
  package struct RepositoryListRow: Codable, Hashable, Sendable {
    /// The kind.
    package var replicableName: String
    /// The file or URL.
    package var place: String
    /// Repositories in it.
    package var count: Int
    /// What makes no sense in it, `PLACE: REASON`, the first hundred.
    package var skipped: [String]
    /// Why it could not be read the last time; the one before counts then.
    package var failure: String?

    /// A row.
    package init(replicableName: String, place: String, count: Int, skipped: [String], failure: String?) {
      self.replicableName = replicableName
      self.place = place
      self.count = count
      self.skipped = skipped
      self.failure = failure
    }
  }

  /// A primary's state of one of its secondaries.
  package struct SecondaryRow: Codable, Hashable, Sendable {
    /// Its name.
    package var name: String
    /// When it last asked for something.
    package var lastContactAt: String?
    /// The last event that it has taken.
    package var lastEventId: UInt64?

    /// A row.
    package init(name: String, lastContactAt: String?, lastEventId: UInt64?) {
      self.name = name
      self.lastContactAt = lastContactAt
      self.lastEventId = lastEventId
    }
  }
}
