import DurableFiles
import Glibc
import Mirroring
import Synchronization
import SystemPackage

/// Where a run dies: at which of the moments that one phase has.
struct KillPoint: Codable, Hashable, Sendable {
  /// `MirrorPhase` by its name, for the way into another process.
  let phase: String
  /// From 1. A moment lies before each change of the file system and after it, in the middle of each write, and at each
  /// report of progress.
  let moment: Int
}

/// Counts the moments of each phase of a run, and ends the process by SIGKILL at one of them.
final class KillSwitch: Sendable {
  private struct State {
    var phase: MirrorPhase?
    var moments: [MirrorPhase: Int] = [:]
  }

  private let point: KillPoint?
  private let state = Mutex(State())

  /// - Parameter point: nil to count only.
  init(_ point: KillPoint? = nil) { self.point = point }

  /// Moments by phase.
  var moments: [MirrorPhase: Int] { state.withLock { $0.moments } }

  func enter(_ phase: MirrorPhase) { state.withLock { $0.phase = phase } }

  func pass() {
    let (phase, moment) = state.withLock { state in
      if let phase = state.phase { state.moments[phase, default: 0] += 1 }
      return (state.phase, state.phase.map { state.moments[$0] ?? 0 } ?? 0)
    }
    if let point, phase?.rawValue == point.phase, moment == point.moment { kill(getpid(), SIGKILL) }
  }
}

/// The real file system, with a moment before and after each change.
struct KillingFileSystem: FileSystemPort {
  let trigger: KillSwitch
  private let real = RealFileSystem()

  init(_ trigger: KillSwitch) { self.trigger = trigger }

  private func change<Result>(_ body: () throws(FileError) -> Result) throws(FileError) -> Result {
    trigger.pass()
    let result = try body()
    trigger.pass()
    return result
  }

  func status(of path: FilePath) throws(FileError) -> FileStatus? { try real.status(of: path) }
  func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try real.contents(of: path, limit: limit)
  }
  func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] { try real.entries(of: directory) }
  func availableBytes(at path: FilePath) throws(FileError) -> UInt64 { try real.availableBytes(at: path) }

  func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try change { () throws(FileError) in try real.makeDirectory(path, permissions: permissions) }
  }
  func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try change { () throws(FileError) in try real.create(path, permissions: permissions) }
    return KillingFile(file: file, trigger: trigger)
  }
  func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try change { () throws(FileError) in try real.openForAppending(path, permissions: permissions) }
    return KillingFile(file: file, trigger: trigger)
  }
  func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.rename(from, to: to) }
  }
  func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.exchange(first, with: second) }
  }
  func link(_ from: FilePath, to: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.link(from, to: to) }
  }
  func unlink(_ path: FilePath) throws(FileError) { try change { () throws(FileError) in try real.unlink(path) } }
  func removeDirectory(_ path: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.removeDirectory(path) }
  }
  func synchronizeFile(_ path: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.synchronizeFile(path) }
  }
  func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.synchronizeDirectory(path) }
  }
}

/// A file whose writes can be cut in the middle.
private final class KillingFile: WritableFile {
  private let file: any WritableFile
  private let trigger: KillSwitch

  init(file: any WritableFile, trigger: KillSwitch) {
    self.file = file
    self.trigger = trigger
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    trigger.pass()
    try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]))
    trigger.pass()
    try file.write(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count / 2)...]))
    trigger.pass()
  }
  func truncate(to length: Int) throws(FileError) {
    trigger.pass()
    try file.truncate(to: length)
    trigger.pass()
  }
  func synchronize() throws(FileError) {
    trigger.pass()
    try file.synchronize()
    trigger.pass()
  }
  func setPermissions(_ permissions: FilePermissions) throws(FileError) { try file.setPermissions(permissions) }
  func close() throws(FileError) {
    try file.close()
    trigger.pass()
  }
  var length: Int { get throws(FileError) { try file.length } }
}
