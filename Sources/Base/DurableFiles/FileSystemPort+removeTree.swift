package import SystemPackage

extension FileSystemPort {
  /// Removes a file, a link or a directory with all that is in it. A path with nothing at it is fine.
  ///
  /// Links are removed, never followed. Nothing is durable until the caller synchronises the directory that held the
  /// path; after a crash any part of the tree may still be there, and calling again goes on.
  ///
  /// Limitation: the tree must be ours alone. A directory that another process swaps for a link while we are inside it
  /// is refused at its own listing, but not its parents.
  ///
  /// - Parameter maximumDepth: directories below the path, nested; a deeper tree is an error (`ELOOP`). The default
  ///   is deeper than any path the kernel takes (4,096 bytes).
  /// - Throws: the first failure; names removed before it stay removed.
  package func removeTree(_ path: FilePath, maximumDepth: Int = 2_048) throws(FileError) {
    guard let status = try status(of: path) else { return }
    guard status.kind == .directory else {
      try removeName(path)
      return
    }
    // Directories on the way down, each with the subdirectories still to be entered: no recursion, so that the depth
    // costs no stack.
    var open = [(directory: path, pending: try removeFiles(in: path))]
    while let last = open.indices.last {
      if let next = open[last].pending.popLast() {
        guard open.count <= maximumDepth else {
          throw FileError(
            .tooManySymbolicLinkLevels, "remove", next, hint: "it lies deeper than \(maximumDepth) directories")
        }
        open.append((next, try removeFiles(in: next)))
      } else {
        try removeDirectory(open.removeLast().directory)
      }
    }
  }

  /// Removes all but the directories in a directory, and returns those.
  private func removeFiles(in directory: FilePath) throws(FileError) -> [FilePath] {
    var inner: [FilePath] = []
    for entry in try entries(of: directory) {
      let path = directory.appending(entry.name)
      if entry.kind == .directory {
        inner.append(path)
      } else {
        try removeName(path)
      }
    }
    return inner
  }

  /// Removes one name; a missing one is no error.
  private func removeName(_ path: FilePath) throws(FileError) {
    do {
      try unlink(path)
    } catch {
      guard error.code == .noSuchFileOrDirectory else { throw error }
    }
  }
}
