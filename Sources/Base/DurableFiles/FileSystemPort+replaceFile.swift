package import SystemPackage

extension FileSystemPort {
  /// Replaces the content of a file, or makes it, in one step: temporary file beside it, fsync, rename, fsync of the
  /// directory.
  ///
  /// After a crash at any instruction the path has the old content or the new one, whole; a temporary file may be left
  /// beside it (`isLeftover(_:)` detects its name). Once this returns, the new content survives a loss of power.
  ///
  /// Limitations: owner, mode and extended attributes of the old file are not carried over. Two writers at once do
  /// not disturb each other, and the later rename wins: take a lock where that matters.
  ///
  /// - Parameter permissions: of the new file, less the process's umask.
  /// - Throws: the error of the failed step. Everything is as before and the temporary file is removed, unless only the
  ///   last step failed (`synchronize directory`): then readers see the new content and a loss of power may bring back
  ///   the old.
  package func replaceFile(
    _ path: FilePath, with bytes: [UInt8], permissions: FilePermissions
  ) throws(FileError) {
    let temporary = try LeftoverName.fresh(beside: path)
    let file = try create(temporary, permissions: permissions)
    do {
      try file.write(bytes)
      try file.synchronize()
      try file.close()
      try rename(temporary, to: path)
    } catch {
      // The first error is thrown. A leftover that cannot be removed either is removed later by its name.
      try? unlink(temporary)
      throw error
    }
    try synchronizeParents(of: [path])
  }

  /// True for the name of a temporary file that `replaceFile` made and a crash left behind.
  ///
  /// The owner of the directory may remove such files while no other process writes in it.
  package func isLeftover(_ name: FilePath.Component) -> Bool { LeftoverName.isOne(name) }
}
