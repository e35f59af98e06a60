package import DurableFiles
import Glibc
import Synchronization
package import SystemPackage

/// The real file system, with a hook at the moments before and after its changes, and in the middle of writes.
package final class HookedFiles: FileSystemPort {
  private let real = RealFileSystem()
  private let hook: @Sendable (Int) -> Void
  private let passed = Atomic<Int>(0)

  /// - Parameter hook: gets the number of the moment, from 1.
  package init(_ hook: @escaping @Sendable (Int) -> Void = { _ in }) { self.hook = hook }

  /// Ends the process by SIGKILL at one moment.
  package static func killing(at moment: Int) -> HookedFiles {
    HookedFiles { if $0 == moment { kill(getpid(), SIGKILL) } }
  }

  /// How many moments there were.
  package var count: Int { passed.load(ordering: .acquiring) }

  func pass() { hook(passed.add(1, ordering: .acquiringAndReleasing).newValue) }

  private func change<Result>(_ body: () throws(FileError) -> Result) throws(FileError) -> Result {
    pass()
    let result = try body()
    pass()
    return result
  }

  package func status(of path: FilePath) throws(FileError) -> FileStatus? { try real.status(of: path) }
  package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try real.contents(of: path, limit: limit)
  }
  package func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] { try real.entries(of: directory) }
  package func availableBytes(at path: FilePath) throws(FileError) -> UInt64 { try real.availableBytes(at: path) }

  package func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try change { () throws(FileError) in try real.makeDirectory(path, permissions: permissions) }
  }
  package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try change { () throws(FileError) in try real.create(path, permissions: permissions) }
    return HookedFile(file: file, files: self)
  }
  package func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try change { () throws(FileError) in try real.openForAppending(path, permissions: permissions) }
    return HookedFile(file: file, files: self)
  }
  package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.rename(from, to: to) }
  }
  package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.exchange(first, with: second) }
  }
  package func link(_ from: FilePath, to: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.link(from, to: to) }
  }
  package func unlink(_ path: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.unlink(path) }
  }
  package func removeDirectory(_ path: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.removeDirectory(path) }
  }
  package func synchronizeFile(_ path: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.synchronizeFile(path) }
  }
  package func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    try change { () throws(FileError) in try real.synchronizeDirectory(path) }
  }
}

/// A file with a moment in the middle of each write.
private final class HookedFile: WritableFile {
  private let file: any WritableFile
  private let files: HookedFiles

  init(file: any WritableFile, files: HookedFiles) {
    self.file = file
    self.files = files
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    files.pass()
    try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]))
    files.pass()
    try file.write(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count / 2)...]))
    files.pass()
  }
  func truncate(to length: Int) throws(FileError) {
    files.pass()
    try file.truncate(to: length)
  }
  func synchronize() throws(FileError) {
    files.pass()
    try file.synchronize()
    files.pass()
  }
  func setPermissions(_ permissions: FilePermissions) throws(FileError) { try file.setPermissions(permissions) }
  func close() throws(FileError) { try file.close() }
  var length: Int { get throws(FileError) { try file.length } }
}
