package import DurableFiles
import Synchronization
package import SystemPackage

/// A file system in which one call fails, or every call from one on.
package final class FaultyFileSystem: FileSystemPort {
  private struct Count {
    var calls = 0
    var fired = false
  }

  private let files: any FileSystemPort
  private let plan: FaultPlan
  private let count = Mutex(Count())

  /// - Parameter files: what does the calls that do not fail.
  package init(_ plan: FaultPlan, over files: any FileSystemPort = RealFileSystem()) {
    self.files = files
    self.plan = plan
  }

  /// True when the planned call was met. A loop over faults ends with the first number that is not.
  package var faultFired: Bool { count.withLock { $0.fired } }

  /// Counts a call, and fails it if that is planned.
  func admit(_ operation: String, _ path: FilePath, isRead: Bool = false) throws(FileError) {
    guard plan.strikesReads || !isRead else { return }
    let isStruck = count.withLock { count in
      count.calls += 1
      let isStruck = plan.isPersistent ? count.calls >= plan.call : count.calls == plan.call
      if isStruck { count.fired = true }
      return isStruck
    }
    if isStruck { throw FileError(plan.code, operation, path) }
  }

  package func status(of path: FilePath) throws(FileError) -> FileStatus? {
    try admit("look at", path, isRead: true)
    return try files.status(of: path)
  }

  package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try admit("read", path, isRead: true)
    return try files.contents(of: path, limit: limit)
  }

  package func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] {
    try admit("list", directory, isRead: true)
    return try files.entries(of: directory)
  }

  package func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try admit("make directory", path)
    try files.makeDirectory(path, permissions: permissions)
  }

  package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    try admit("create", path)
    return FaultyFile(try files.create(path, permissions: permissions), path, self)
  }

  package func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    try admit("open for appending", path)
    return FaultyFile(try files.openForAppending(path, permissions: permissions), path, self)
  }

  package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    try admit("rename", from)
    try files.rename(from, to: to)
  }

  package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    try admit("exchange", first)
    try files.exchange(first, with: second)
  }

  package func link(_ from: FilePath, to: FilePath) throws(FileError) {
    try admit("link", from)
    try files.link(from, to: to)
  }

  package func unlink(_ path: FilePath) throws(FileError) {
    try admit("remove", path)
    try files.unlink(path)
  }

  package func removeDirectory(_ path: FilePath) throws(FileError) {
    try admit("remove directory", path)
    try files.removeDirectory(path)
  }

  package func synchronizeFile(_ path: FilePath) throws(FileError) {
    try admit("synchronize", path)
    try files.synchronizeFile(path)
  }

  package func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    try admit("synchronize directory", path)
    try files.synchronizeDirectory(path)
  }

  package func availableBytes(at path: FilePath) throws(FileError) -> UInt64 {
    try admit("measure the free space of", path, isRead: true)
    return try files.availableBytes(at: path)
  }
}
