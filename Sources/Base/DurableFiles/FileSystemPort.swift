package import SystemPackage

/// The file system as far as a durable change needs it: every call that can lose something is one call here.
///
/// Rules of every implementation:
/// - A name or a content survives a loss of power only after `synchronizeDirectory` or `synchronizeFile`
///   (`WritableFile.synchronize`) has returned; until then either may be there, be gone, or be torn.
/// - Nothing follows a symbolic link in the last component, nothing waits for a peer, interrupted calls are repeated.
/// - Relative paths are relative to the working directory of the process: give absolute ones.
///
/// `RealFileSystem` is the one of production. Tests put recorders and faults in its place.
package protocol FileSystemPort: Sendable {
  /// What stands at the path (lstat(2)).
  /// - Returns: nil when there is nothing (`ENOENT`, or `ENOTDIR` on the way to it).
  func status(of path: FilePath) throws(FileError) -> FileStatus?

  /// The whole content of a regular file.
  /// - Parameter limit: the most bytes that are read; a larger file is an error (`EFBIG`), never a cut answer.
  /// - Returns: nil when there is nothing at the path.
  /// - Throws: also for anything but a regular file (`EISDIR`, `ELOOP` for a link, `EINVAL` otherwise).
  func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]?

  /// The names in a directory without `.` and `..`, sorted bytewise.
  /// - Throws: also when the directory is missing, is none or is a link to one.
  func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry]

  /// Makes one directory; the process's umask is taken off the permissions. Its name is not durable yet.
  /// - Throws: `EEXIST` when the name is taken.
  func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError)

  /// Makes a new, empty file and opens it for writing. Its name is not durable yet.
  /// - Throws: `EEXIST` when the name is taken, also by a dangling link.
  func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile

  /// Opens a regular file so that each write goes to its end; makes it when missing, then its name is not durable yet.
  func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile

  /// Gives a file or directory another name, replacing a file that has it: observers see the old or the new one.
  /// Durable when the directory that has the new name is synchronised.
  func rename(_ from: FilePath, to: FilePath) throws(FileError)

  /// Lets two names change places in one step (renameat2(2), `RENAME_EXCHANGE`); both must exist.
  /// - Throws: `EINVAL` where the file system cannot do it.
  func exchange(_ first: FilePath, with second: FilePath) throws(FileError)

  /// Gives a file a second name (a hard link).
  /// - Throws: `EEXIST` when the name is taken.
  func link(_ from: FilePath, to: FilePath) throws(FileError)

  /// Removes one name of a file or link. Directories are refused.
  func unlink(_ path: FilePath) throws(FileError)

  /// Removes an empty directory.
  func removeDirectory(_ path: FilePath) throws(FileError)

  /// Makes the content of a file durable that other code has written (libgit2). Does not make its name durable.
  ///
  /// A failure is final: the kernel may have thrown the unwritten pages away and a second call would succeed without
  /// them (fsync(2), *errors*). Write the file anew.
  func synchronizeFile(_ path: FilePath) throws(FileError)

  /// Makes the names in a directory durable, not the content of what they stand for.
  func synchronizeDirectory(_ path: FilePath) throws(FileError)

  /// Bytes that this user may still write on the file system of the path.
  func availableBytes(at path: FilePath) throws(FileError) -> UInt64
}

/// A file that is being written, by one thread at a time.
///
/// Dropping it without `close` closes it and loses the kernel's last complaint; it makes nothing durable.
package protocol WritableFile: AnyObject {
  /// Writes all of the bytes, at the position where the last write ended (at the end of a file opened for appending).
  ///
  /// - Throws: when the bytes are not all there; some of them may be.
  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError)

  /// Cuts or extends (with zeros) to the length in bytes. The next write goes to this new end.
  func truncate(to length: Int) throws(FileError)

  /// Makes all that was written durable, with the length; not the name. A failure is final, as in
  /// `FileSystemPort.synchronizeFile`.
  func synchronize() throws(FileError)

  /// Sets the permissions whatever the process's umask is (fchmod(2)).
  func setPermissions(_ permissions: FilePermissions) throws(FileError)

  /// Ends the use; later calls throw `EBADF`. A failure means that written bytes may be lost.
  func close() throws(FileError)

  /// The length in bytes now.
  var length: Int { get throws(FileError) }
}

extension WritableFile {
  /// Writes all of the bytes of an array.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    // `withUnsafeBytes` rethrows untyped, so the typed error is carried round it.
    var failure: FileError?
    bytes.withUnsafeBytes { buffer in
      do throws(FileError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
