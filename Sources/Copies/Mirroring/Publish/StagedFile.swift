package import DurableFiles
package import SystemPackage

/// Files that are written completely before they get their final name.
package enum StagedFile {
  /// Writes and fsyncs a new file; an older one of that name, left by an earlier step, is replaced.
  package static func write(_ bytes: [UInt8], to path: FilePath, through files: any FileSystemPort) throws {
    if try files.status(of: path) != nil { try files.unlink(path) }
    let file = try files.create(path, permissions: .ownerReadWriteGroupOtherRead)
    do {
      try file.write(bytes)
      try file.synchronize()
      try file.close()
    } catch {
      // The first error is thrown; an error of close(2) adds nothing.
      try? file.close()
      throw error
    }
  }

  /// Replaces a file, or makes it, by a staged one of the same file system: for directories in which nothing temporary
  /// may lie. Durable on return.
  ///
  /// After a crash the path has the old content or the new one, whole.
  package static func replace(
    _ path: FilePath, with bytes: [UInt8], staging staged: FilePath, through files: any FileSystemPort
  ) throws {
    try write(bytes, to: staged, through: files)
    try files.rename(staged, to: path)
    try files.synchronizeDirectory(path.removingLastComponent())
  }
}

extension FilePermissions {
  /// 0644, before the umask.
  package static let ownerReadWriteGroupOtherRead = FilePermissions(rawValue: 0o644)
  /// 0777, before the umask: the owner's umask decides which users may read a copy, as with `git init`.
  package static let allBeforeUmask = FilePermissions(rawValue: 0o777)
}
