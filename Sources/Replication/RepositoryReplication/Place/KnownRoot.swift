internal import DurableFiles
internal import Replication
internal import Synchronization

/// The root directory when this process last found a repository in it; `nil` before that. Another one, or an empty one, may be a
/// disk that is not mounted.
final class KnownRoot: Sendable {
  private let known = Mutex<FileIdentity?>(nil)

  func remember(_ root: FileStatus) { known.withLock { $0 = FileIdentity(root) } }

  /// Whether the root is on another device than before.
  func hasMoved(to root: FileStatus) -> Bool { known.withLock { $0.map { $0.device != root.device } ?? false } }

  /// Whether something was seen in this very directory.
  func isFamiliar(_ root: FileStatus) -> Bool { known.withLock { $0 == FileIdentity(root) } }
}
