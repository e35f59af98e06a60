package import DurableFiles
package import Replication
import Synchronization
package import SystemPackage

/// Digests of files that need not be read again: by size, times and inode, each no older than the schedule allows.
///
/// It only ever saves work. A reading is kept only if the file had been left alone for a while when the reading
/// began: one that is written within the clock's own grain right after being read would look the same (git's rule for
/// its index). Nothing of it has to survive a crash; a file of it that is damaged or of another version is as good as
/// none.
package final class DigestCache: Sendable {
  struct Reading: Hashable, Sendable {
    let stamp: FileStamp
    let checksum: Checksum
    let readAt: Timestamp
  }

  private struct State {
    var readings: [ReplicableID: Reading] = [:]
    var hasChanged = false
  }

  /// The coarsest clock of a file system that files are kept on (FAT, some network file systems).
  static let grain = Duration.seconds(2)

  let path: FilePath
  let files: any FileSystemPort
  private let maximumAge: Duration
  private let state: Mutex<State>

  /// Loads what an earlier process has saved. Blocks.
  /// - Parameters:
  ///   - path: the file, in a directory that exists and is ours.
  ///   - maximumAge: a reading older than this is not used: the file is read again. Default 7 days.
  /// - Throws: when the file is there and cannot be read.
  package init(
    path: FilePath, files: any FileSystemPort = RealFileSystem(), maximumAge: Duration = .seconds(7 * 86_400)
  ) throws(FileError) {
    self.path = path
    self.files = files
    self.maximumAge = maximumAge
    let readings = try Self.load(path, files)
    state = Mutex(State(readings: readings))
  }

  /// How many readings there are.
  package var count: Int { state.withLock { $0.readings.count } }

  /// The digest of a file that looks as it did; `nil` when it has to be read.
  package func checksum(of id: ReplicableID, _ stamp: FileStamp, at now: Timestamp) -> Checksum? {
    guard let reading = state.withLock({ $0.readings[id] }), reading.stamp == stamp else { return nil }
    // A reading from the future means that the clock was set back: its age is unknown.
    guard reading.readAt <= now, now - reading.readAt <= maximumAge else { return nil }
    return reading.checksum
  }

  /// Keeps a reading.
  /// - Parameter readAt: when it began.
  package func note(_ checksum: Checksum, of id: ReplicableID, _ stamp: FileStamp, readAt: Timestamp) {
    let newest = Timestamp(max(stamp.modified, stamp.changed))
    let isSettled = newest + Self.grain < readAt
    state.withLock { state in
      state.hasChanged = true
      state.readings[id] = isSettled ? Reading(stamp: stamp, checksum: checksum, readAt: readAt) : nil
    }
  }

  /// Forgets all others.
  package func keep(only ids: [ReplicableID]) {
    state.withLock { state in
      guard !state.readings.isEmpty else { return }
      let kept = Set(ids)
      let before = state.readings.count
      state.readings = state.readings.filter { kept.contains($0.key) }
      if state.readings.count != before { state.hasChanged = true }
    }
  }

  /// Writes the file if something has changed since. Blocks.
  package func save() throws(FileError) {
    let readings: [ReplicableID: Reading]? = state.withLock { state in
      defer { state.hasChanged = false }
      return state.hasChanged ? state.readings : nil
    }
    guard let readings else { return }
    do {
      try write(readings)
    } catch {
      state.withLock { $0.hasChanged = true }
      throw error
    }
  }
}
