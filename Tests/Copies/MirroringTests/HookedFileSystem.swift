import DurableFiles
import SystemPackage

/// The real file system, with something that happens just before a directory is made.
///
/// A run makes its staging directory after it has listed the source and before it asks for objects: a moment that no other
/// hook of the run names.
struct HookedFileSystem: FileSystemPort {
  private let files = RealFileSystem()
  let beforeMakingDirectory: @Sendable (FilePath) -> Void

  func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    beforeMakingDirectory(path)
    try files.makeDirectory(path, permissions: permissions)
  }

  func status(of path: FilePath) throws(FileError) -> FileStatus? { try files.status(of: path) }

  func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try files.contents(of: path, limit: limit)
  }

  func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] { try files.entries(of: directory) }

  func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    try files.create(path, permissions: permissions)
  }

  func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    try files.openForAppending(path, permissions: permissions)
  }

  func rename(_ from: FilePath, to: FilePath) throws(FileError) { try files.rename(from, to: to) }

  func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    try files.exchange(first, with: second)
  }

  func link(_ from: FilePath, to: FilePath) throws(FileError) { try files.link(from, to: to) }
  func unlink(_ path: FilePath) throws(FileError) { try files.unlink(path) }
  func removeDirectory(_ path: FilePath) throws(FileError) { try files.removeDirectory(path) }
  func synchronizeFile(_ path: FilePath) throws(FileError) { try files.synchronizeFile(path) }
  func synchronizeDirectory(_ path: FilePath) throws(FileError) { try files.synchronizeDirectory(path) }
  func availableBytes(at path: FilePath) throws(FileError) -> UInt64 { try files.availableBytes(at: path) }
}
