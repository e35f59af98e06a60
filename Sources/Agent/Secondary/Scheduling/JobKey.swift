internal import Replication

/// Which replicable a job is about.
struct JobKey: Hashable, Sendable {
  let name: ReplicableName
  let id: ReplicableID
}

/// What a job does.
enum JobPurpose: String, Sendable {
  case sync, verification, checksum
}

/// What the scheduler counts its jobs by: each has its own limit, which means what it says.
enum JobPool: Hashable, Sendable, CaseIterable {
  case repositorySyncs, blobDownloads, verifications

  static func syncs(of type: DataType) -> JobPool { type == .blob ? .blobDownloads : .repositorySyncs }
}

/// How many jobs of each sort run at a time.
package struct SchedulerLimits: Hashable, Sendable {
  /// Syncs of repositories, 1 or more.
  package var repositorySyncs: Int
  /// Downloads of files, 1 or more.
  package var blobDownloads: Int
  /// Verifications, 1 or more.
  package var verifications: Int

  /// Limits.
  package init(repositorySyncs: Int = 4, blobDownloads: Int = 4, verifications: Int = 2) {
    self.repositorySyncs = max(1, repositorySyncs)
    self.blobDownloads = max(1, blobDownloads)
    self.verifications = max(1, verifications)
  }

  func places(in pool: JobPool) -> Int {
    switch pool {
    case .repositorySyncs: repositorySyncs
    case .blobDownloads: blobDownloads
    case .verifications: verifications
    }
  }
}
