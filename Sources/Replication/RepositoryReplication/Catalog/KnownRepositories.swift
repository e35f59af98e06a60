internal import DurableFiles
internal import Replication
internal import Synchronization

/// What the last listing of a root found, so that the next one reads only the directories that have changed since: of
/// ten thousand repositories at rest the directories are not read each minute, only looked at. Reading them was nine
/// tenths of a listing's time where the system had dropped them from its memory.
///
/// A directory's entries are as they were when its status is: a new, replaced or removed entry changes its times.
final class KnownRepositories: Sendable {
  struct Repository: Sendable {
    /// Of its own directory.
    let shape: UInt64
    /// Of its refs (`RepositoryStamp`).
    let stamp: RepositoryStamp
    /// Repositories inside it, as paths below the root.
    let nested: [String]
  }

  private let known = Mutex<[String: Repository]>([:])

  /// By path below the root.
  var all: [String: Repository] { known.withLock { $0 } }

  /// Replaces the known repositories.
  func remember(_ repositories: [String: Repository]) { known.withLock { $0 = repositories } }
}
