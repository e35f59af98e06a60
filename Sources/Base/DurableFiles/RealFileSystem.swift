import CLinux
import Glibc
package import SystemPackage

/// The file system of the kernel, through the plain calls.
package struct RealFileSystem: FileSystemPort {
  /// The most names that one directory listing holds in memory; more is an error (`EOVERFLOW`). A bare repository has
  /// no directory near it, for its refs are packed.
  private let maximumEntries: Int

  package init(maximumEntries: Int = 1_000_000) {
    self.maximumEntries = maximumEntries
  }

  /// Whether the mode bits of a file say less than all about who may use it, because it has an access list (acl(5)).
  package static func hasAccessList(_ path: String) -> Bool { remora_has_access_list(path) != 0 }

  package func status(of path: FilePath) throws(FileError) -> FileStatus? {
    var raw = remora_status()
    let result = path.withPlatformString { name in retryingInterrupts { remora_status(name, &raw) } }
    if result == 0 { return FileStatus(raw) }
    let code = lastErrno()
    if code == .noSuchFileOrDirectory || code == .notDirectory { return nil }
    throw FileError(code, "look at", path)
  }

  package func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] {
    try DirectoryReader(directory).read(limit: maximumEntries)
  }

  package func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try checkCall("make directory", path) { mkdir($0, permissions.rawValue) }
  }

  package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let descriptor = try openDescriptor(path, O_WRONLY | O_CREAT | O_EXCL, permissions, "create")
    return RealWritableFile(descriptor: descriptor, path: path)
  }

  package func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let descriptor = try openDescriptor(path, O_WRONLY | O_CREAT | O_APPEND, permissions, "open for appending")
    let file = RealWritableFile(descriptor: descriptor, path: path)
    guard try descriptorStatus(descriptor, "open for appending", path).kind == .regular else {
      throw FileError(.invalidArgument, "open for appending", path, hint: "it is not a regular file")
    }
    return file
  }

  package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    let result = from.withPlatformString { old in
      to.withPlatformString { new in retryingInterrupts { Glibc.rename(old, new) } }
    }
    guard result == 0 else { throw FileError.last("rename to '\(to)'", from) }
  }

  package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    let result = first.withPlatformString { one in
      second.withPlatformString { other in retryingInterrupts { remora_exchange(one, other) } }
    }
    guard result == 0 else { throw FileError.last("exchange with '\(second)'", first) }
  }

  package func link(_ from: FilePath, to: FilePath) throws(FileError) {
    let result = from.withPlatformString { old in
      to.withPlatformString { new in retryingInterrupts { Glibc.link(old, new) } }
    }
    guard result == 0 else { throw FileError.last("link to '\(to)'", from) }
  }

  package func unlink(_ path: FilePath) throws(FileError) {
    try checkCall("remove", path) { Glibc.unlink($0) }
  }

  package func removeDirectory(_ path: FilePath) throws(FileError) {
    try checkCall("remove directory", path) { rmdir($0) }
  }

  package func availableBytes(at path: FilePath) throws(FileError) -> UInt64 {
    var raw = statvfs()
    try checkCall("measure the free space of", path) { statvfs($0, &raw) }
    return UInt64(raw.f_bavail) * UInt64(raw.f_frsize)
  }
}
