import DurableFiles
import Glibc
import Synchronization
package import SystemPackage

/// A file system that does everything for real in a directory, records it, and can produce every disk that a loss of
/// power would leave there.
///
/// The model of the disk (what is lost is lost until synchronised; `CrashStates` says which states follow):
/// - fsync of a file makes its content durable, not its name; fsync of a directory its names, not their content.
/// - A rename is there as a whole or not at all, and is durable when the directory of the new name is synchronised.
/// - Operations on one name keep their order; others may be lost one without the other.
///
/// Everything below the root at the beginning is durable. What others write there past this port is noticed before
/// the next operation, as not synchronised. What lies outside the root is passed through.
package final class RecordingFileSystem: Sendable {
  /// All that changes while recording.
  struct State {
    var recorder: DiskRecorder
    var synchronizations: [SynchronizationCall] = []
  }

  /// The recorded directory, its path canonical: give paths below this one.
  package let root: FilePath
  let state: Mutex<State>
  let real = RealFileSystem()
  private let dropped: Int?

  /// Starts to record.
  ///
  /// - Parameters:
  ///   - root: a directory. In memory (`MemoryDirectory`) the real fsync calls cost nothing.
  ///   - number: of the fsync call, from 1, that is done but not recorded: the mode in which a test takes each fsync
  ///     away in turn.
  package init(root: FilePath, droppingSynchronization number: Int? = nil) throws {
    guard let canonical = realpath(root.string, nil) else {
      throw FileError(Errno(rawValue: errno), "record", root)
    }
    defer { free(canonical) }
    self.root = FilePath(platformString: canonical)
    state = Mutex(State(recorder: try DiskRecorder(root: self.root)))
    dropped = number
  }

  /// All fsync calls so far, the dropped one too.
  package var synchronizations: [SynchronizationCall] { state.withLock { $0.synchronizations } }

  /// The number of fsync calls so far.
  package var synchronizationCount: Int { synchronizations.count }

  /// Notes that a guarantee holds from here on; crash states list which marks they have passed.
  package func mark(_ name: String) throws {
    try state.withLock { (state) throws(FileError) in
      try state.recorder.noticeOthers()
      state.recorder.recordMark(name)
    }
  }

  /// Returns the states that a loss of power may have left at any moment until now.
  package func crashStates() throws -> CrashStates {
    let (log, simulator) = try state.withLock { (state) throws(FileError) in
      try state.recorder.noticeOthers()
      return state.recorder.simulation()
    }
    return CrashStates(log: log, simulator: simulator)
  }

  // MARK: For the calls

  /// Looks at what others did, then does the work.
  func change(_ work: (inout State) throws(FileError) -> Void) throws(FileError) {
    try state.withLock { (state) throws(FileError) in
      try state.recorder.noticeOthers()
      try work(&state)
    }
  }

  /// Notes one fsync that was done, unless it is the one to drop.
  func recordSynchronization(_ state: inout State, _ inode: DiskInode?, _ path: FilePath, isDirectory: Bool) {
    guard let inode else { return }
    let call = SynchronizationCall(
      number: state.synchronizations.count + 1, isDirectory: isDirectory,
      path: state.recorder.relative(path) ?? path)
    state.synchronizations.append(call)
    if call.number != dropped { state.recorder.recordSynchronization(inode, "\(call)") }
  }
}
