package import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import Glibc
package import SystemPackage

/// Gives every file of a repository the mode that its `core.sharedRepository` asks for, as git's `adjust_shared_perm` does
/// (path.c): members of a group keep their access to what Remora writes.
///
/// A mode that cannot be changed, because the file is another user's, stays.
package struct SharedModeFileSystem: FileSystemPort {
  /// What `core.sharedRepository` says.
  enum Sharing: Hashable, Sendable {
    /// Bits that are added: 0660 for `group`, 0664 for `all`.
    case adding(mode_t)
    /// Bits that take the place of the file's own.
    case exactly(mode_t)

    /// `nil` for `umask`, and for what git would refuse.
    init?(_ value: String) {
      switch value.lowercased() {
      case "umask", "false", "no", "off", "0", "": return nil
      case "group", "true", "yes", "on", "1": self = .adding(0o660)
      case "all", "world", "everybody", "2": self = .adding(0o664)
      default:
        guard let bits = mode_t(value, radix: 8), bits & 0o600 == 0o600 else { return nil }
        self = .exactly(bits & 0o666)
      }
    }

    /// The mode of a file that has this one.
    func mode(_ mode: mode_t, isDirectory: Bool) -> mode_t {
      var bits =
        switch self {
        case .adding(let bits), .exactly(let bits): bits
        }
      if mode & 0o200 == 0 { bits &= ~0o222 }
      if mode & 0o100 != 0 { bits |= (bits & 0o444) >> 2 }
      var shared = mode | bits
      if case .exactly = self { shared = mode & ~0o777 | bits }
      guard isDirectory else { return shared }
      shared |= (shared & 0o444) >> 2
      return shared & 0o060 == 0 ? shared : shared | 0o2000
    }
  }

  private let base: any FileSystemPort
  private let sharing: Sharing

  init(_ base: any FileSystemPort, _ sharing: Sharing) {
    self.base = base
    self.sharing = sharing
  }

  /// The port for writing into a repository: the given one where nothing is shared.
  package static func wrapping(_ files: any FileSystemPort, for repository: FilePath) throws -> any FileSystemPort {
    let value = try Repository.openBare(at: repository.pathText).configuration.string("core.sharedrepository")
    guard let sharing = value.flatMap(Sharing.init) else { return files }
    return SharedModeFileSystem(files, sharing)
  }

  /// Adjusts a file that another part of the program has made, such as the lock of an owner.
  package static func adjust(_ path: FilePath, in files: any FileSystemPort) {
    (files as? SharedModeFileSystem)?.adjust(path)
  }

  private func adjust(_ path: FilePath) {
    path.withPlatformString { name in
      var status = stat()
      guard lstat(name, &status) == 0, [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return }
      let mode = sharing.mode(status.st_mode & 0o7777, isDirectory: status.st_mode & S_IFMT == S_IFDIR)
      if mode != status.st_mode & 0o7777 { chmod(name, mode) }
    }
  }

  // MARK: The port

  package func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try base.makeDirectory(path, permissions: permissions)
    adjust(path)
  }

  package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try base.create(path, permissions: permissions)
    adjust(path)
    return file
  }

  package func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try base.openForAppending(path, permissions: permissions)
    adjust(path)
    return file
  }

  /// Before the file gets its name: what libgit2 or git has made in staging was not made through this port.
  package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    adjust(from)
    try base.rename(from, to: to)
  }

  package func link(_ from: FilePath, to: FilePath) throws(FileError) {
    adjust(from)
    try base.link(from, to: to)
  }

  package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    try base.exchange(first, with: second)
  }

  package func status(of path: FilePath) throws(FileError) -> FileStatus? { try base.status(of: path) }

  package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try base.contents(of: path, limit: limit)
  }

  package func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] { try base.entries(of: directory) }

  package func unlink(_ path: FilePath) throws(FileError) { try base.unlink(path) }

  package func removeDirectory(_ path: FilePath) throws(FileError) { try base.removeDirectory(path) }

  package func synchronizeFile(_ path: FilePath) throws(FileError) { try base.synchronizeFile(path) }

  package func synchronizeDirectory(_ path: FilePath) throws(FileError) { try base.synchronizeDirectory(path) }

  package func availableBytes(at path: FilePath) throws(FileError) -> UInt64 { try base.availableBytes(at: path) }
}
