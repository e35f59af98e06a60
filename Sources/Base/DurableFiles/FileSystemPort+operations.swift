package import SystemPackage
internal import TextBytes

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

/// The names of temporary files: `NAME.remora-tmp-` and 16 random hexadecimal digits.
enum LeftoverName {
  private static let mark = ".remora-tmp-"

  /// A name beside the path that nothing has yet, but for a chance of one in 2^64; `create` refuses a taken one.
  static func fresh(beside path: FilePath) throws(FileError) -> FilePath {
    let suffix = mark + Hex.padded(.random(in: .min ... .max))
    guard let name = path.lastComponent else {
      throw FileError(.invalidArgument, "replace", path, hint: "it names no file")
    }
    // Joined as bytes: a name need not be UTF-8.
    let joined = DirectoryEntry(name: name, kind: .regular).nameBytes + Array(suffix.utf8) + [0]
    guard let component = FilePath.Component(platformString: joined.map { CChar(bitPattern: $0) }) else {
      throw FileError(.invalidArgument, "replace", path, hint: "it names no file")
    }
    return path.removingLastComponent().appending(component)
  }

  static func isOne(_ name: FilePath.Component) -> Bool {
    let bytes = DirectoryEntry(name: name, kind: .regular).nameBytes
    guard bytes.count > mark.utf8.count + Hex.numberLength else { return false }
    let tail = bytes.suffix(mark.utf8.count + Hex.numberLength)
    return tail.starts(with: mark.utf8) && tail.suffix(Hex.numberLength).allSatisfy { Hex.value($0) != nil }
  }
}
