package import SystemPackage

extension FileSystemPort {
  /// Makes a directory and those above it that are missing.
  ///
  /// Not durable until the parent of each one that was made is synchronised (`synchronizeParents(of:)`).
  ///
  /// - Parameter permissions: of each new directory, less the process's umask.
  /// - Returns: those that this call made, outermost first; empty when all were there.
  /// - Throws: what failed, `EEXIST` or `ENOTDIR` when something else has one of the names. Those made before the
  ///   failure are removed again, as far as they are empty.
  @discardableResult
  package func makeDirectories(
    _ path: FilePath, permissions: FilePermissions = FilePermissions(rawValue: 0o777)
  ) throws(FileError) -> [FilePath] {
    var missing: [FilePath] = []
    var candidate = path
    while !candidate.isEmpty, candidate.lastComponent != nil, try status(of: candidate) == nil {
      missing.append(candidate)
      candidate = candidate.removingLastComponent()
    }
    var made: [FilePath] = []
    do {
      for directory in missing.reversed() where try makeUnlessThere(directory, permissions) {
        made.append(directory)
      }
      try refuseAnythingButDirectory(path)
    } catch {
      // The first error is thrown; an empty directory left behind does no harm.
      for directory in made.reversed() { try? removeDirectory(directory) }
      throw error
    }
    return made
  }

  /// Makes the names of directories (or files) durable, by synchronising the directory of each, once.
  package func synchronizeParents(of paths: [FilePath]) throws(FileError) {
    var done: Set<FilePath> = []
    for path in paths {
      let parent = path.removingLastComponent()
      if done.insert(parent).inserted { try synchronizeDirectory(parent.isEmpty ? "." : parent) }
    }
  }

  /// - Returns: false when another process made it first.
  private func makeUnlessThere(_ path: FilePath, _ permissions: FilePermissions) throws(FileError) -> Bool {
    do {
      try makeDirectory(path, permissions: permissions)
      return true
    } catch {
      guard error.code == .fileExists else { throw error }
      try refuseAnythingButDirectory(path)
      return false
    }
  }

  /// A link passes: if it does not lead to a directory, the first use below it says so.
  private func refuseAnythingButDirectory(_ path: FilePath) throws(FileError) {
    let kind = try status(of: path)?.kind
    guard kind == .directory || kind == .symbolicLink else {
      throw FileError(.notDirectory, "make directory", path)
    }
  }
}
