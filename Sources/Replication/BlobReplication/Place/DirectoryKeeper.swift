import DurableFiles
import Synchronization
import SystemPackage

/// Makes the directories that files need, and removes those that have become empty, one at a time: so no new
/// directory is removed before the file is in it.
final class DirectoryKeeper: Sendable {
  private let turn = Mutex(())

  init() {}

  /// Makes the directories above `path`, runs `body`, which puts something into the innermost, and keeps removals out
  /// meanwhile.
  func withParents<Result>(
    of path: FilePath, in place: BlobPlace, _ body: () throws -> Result
  ) throws -> Result {
    try turn.withLock { _ in
      try place.files.makeDirectories(
        path.removingLastComponent(), permissions: BlobPlace.directoryPermissions)
      return try body()
    }
  }

  /// Removes the directories above `path` that are empty, up to the root. What cannot be removed stays: an empty
  /// directory does no harm, except where a file is to get its name, and there it is tried again.
  func removeEmptyParents(of path: FilePath, in place: BlobPlace) {
    turn.withLock { _ in
      var directory = path.removingLastComponent()
      while directory != place.root, directory.starts(with: place.root) {
        // Not empty, mostly: that is the kernel's answer, and the end of the way up.
        guard (try? place.files.removeDirectory(directory)) != nil else { return }
        directory.removeLastComponent()
      }
    }
  }
}

extension BlobPlace {
  /// Makes the name of a file durable, with the names of all directories between the root and it: a run that was
  /// killed may have made them and synchronised none.
  func synchronizeWay(to path: FilePath) throws(FileError) {
    var directory = path.removingLastComponent()
    while directory != root {
      try files.synchronizeDirectory(directory)
      directory.removeLastComponent()
    }
    try files.synchronizeDirectory(root)
  }

  /// Removes a name; a missing one is no error.
  func removeIfThere(_ path: FilePath) throws(FileError) {
    do {
      try files.unlink(path)
    } catch {
      guard error.code == .noSuchFileOrDirectory || error.code == .notDirectory else { throw error }
    }
  }
}
