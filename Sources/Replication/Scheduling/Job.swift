package import Replication

/// A replicable by its kind and id.
package struct JobKey: Hashable, Comparable, Sendable {
  /// The kind.
  package let name: ReplicableName
  /// The id within the kind.
  package let id: ReplicableID

  /// A replicable.
  package init(name: ReplicableName, id: ReplicableID) {
    self.name = name
    self.id = id
  }

  /// By kind, then by id.
  package static func < (left: JobKey, right: JobKey) -> Bool {
    (left.name.text, left.id) < (right.name.text, right.id)
  }
}

/// What a job does.
package enum JobPurpose: String, Sendable, CaseIterable {
  /// Fetch what the copy lacks.
  case sync
  /// Compare the copy with its source.
  case verification
  /// Consolidate the packs of the copy.
  case housekeeping
  /// Check the objects of a copy. The only purpose that runs beside another job of the same replicable.
  case check

  /// Whether the job sends requests to a host, so that it waits while the host's circuit breaker is open.
  package var asksHost: Bool { self == .sync || self == .verification }
}

/// One job: a replicable and a purpose.
package struct Job: Hashable, Sendable {
  /// The replicable.
  package let key: JobKey
  /// The purpose of the job.
  package let purpose: JobPurpose

  /// A job.
  package init(_ key: JobKey, _ purpose: JobPurpose) {
    self.key = key
    self.purpose = purpose
  }
}

/// A job that runs.
package struct RunningJob: Hashable, Sendable {
  /// The job.
  package let job: Job
  /// When it started.
  package let startedAt: ContinuousClock.Instant
  /// The host of its content.
  let host: String
  let pool: JobPool
  /// Its host has not sent anything yet.
  var isUnanswered = false

  /// The replicable.
  package var key: JobKey { job.key }
  /// The purpose of the job.
  package var purpose: JobPurpose { job.purpose }
}

/// The groups that limits apply to, in the order in which a free replicable is offered to them: a repository that is
/// pushed to constantly must get its housekeeping between two syncs.
enum JobPool: Hashable, Sendable, CaseIterable {
  case verifications, housekeepings, repositorySyncs, blobDownloads, checks

  init(_ purpose: JobPurpose, of type: DataType) {
    switch purpose {
    case .sync: self = type == .blob ? .blobDownloads : .repositorySyncs
    case .verification: self = .verifications
    case .housekeeping: self = .housekeepings
    case .check: self = .checks
    }
  }

  var purpose: JobPurpose {
    switch self {
    case .repositorySyncs, .blobDownloads: .sync
    case .verifications: .verification
    case .housekeepings: .housekeeping
    case .checks: .check
    }
  }
}

/// How many jobs of each group run at a time.
package struct SchedulerLimits: Hashable, Sendable {
  /// Syncs of repositories, 1 or more.
  package var repositorySyncs: Int
  /// Downloads of files, 1 or more.
  package var blobDownloads: Int
  /// Verifications, 1 or more.
  package var verifications: Int
  /// Housekeepings, 1 or more.
  package var housekeepings: Int
  /// Object checks, 1 or more.
  package var checks: Int

  /// Limits.
  package init(
    repositorySyncs: Int = 4, blobDownloads: Int = 4, verifications: Int = 2, housekeepings: Int = 1, checks: Int = 1
  ) {
    self.repositorySyncs = max(1, repositorySyncs)
    self.blobDownloads = max(1, blobDownloads)
    self.verifications = max(1, verifications)
    self.housekeepings = max(1, housekeepings)
    self.checks = max(1, checks)
  }

  /// The sum of all limits.
  package var total: Int { JobPool.allCases.map(places(in:)).reduce(0, +) }

  func places(in pool: JobPool) -> Int {
    switch pool {
    case .repositorySyncs: repositorySyncs
    case .blobDownloads: blobDownloads
    case .verifications: verifications
    case .housekeepings: housekeepings
    case .checks: checks
    }
  }

  /// How many jobs of a group with that many places may wait for the first answer of their hosts beside the jobs that
  /// work. Hosts and repositories that do not answer are few, or their host is paused.
  package static func stalledJobs(_ places: Int) -> Int { max(16, places) }
}
