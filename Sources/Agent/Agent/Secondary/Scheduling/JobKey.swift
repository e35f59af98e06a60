internal import Replication

/// Which replicable a job is about.
struct JobKey: Hashable, Sendable {
  let name: ReplicableName
  let id: ReplicableID
}

/// What a job does.
enum JobPurpose: String, Sendable, CaseIterable {
  case sync, verification, housekeeping
  /// Of the objects. The one that runs beside others of the same replicable.
  case check

  /// Whether the host is asked for something, so that the job rests when the host does.
  var asksHost: Bool { self == .sync || self == .verification }
}

/// What the scheduler counts its jobs by: each has its own limit, which means what it says.
///
/// In the order in which they are offered a replicable that has become free: one that is pushed to without a pause must come to its
/// housekeeping between two syncs.
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

/// How many jobs of each sort run at a time.
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

  /// Of all together.
  var total: Int { JobPool.allCases.map(places(in:)).reduce(0, +) }

  func places(in pool: JobPool) -> Int {
    switch pool {
    case .repositorySyncs: repositorySyncs
    case .blobDownloads: blobDownloads
    case .verifications: verifications
    case .housekeepings: housekeepings
    case .checks: checks
    }
  }
}
