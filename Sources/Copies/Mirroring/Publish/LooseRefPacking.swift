internal import DurableFiles
internal import GitValues
internal import RefStore
internal import SystemPackage
internal import WorkerPool

/// Moves loose refs of a copy (strays, or those of a clone that is taken over) into packed-refs, with the values they
/// have.
///
/// Nothing changes for a reader: while a loose file is there it wins, and when it goes packed-refs says the same.
/// Needed because a loose file shadows packed-refs, so a change by one rename is possible only when there is none.
///
/// Readers take no locks. git reads loose files before packed-refs and libgit2 after; each could meet the two halves of
/// two different moments. So there is a pause after packed-refs has the values, and another after the files are gone: a
/// listing that began before a step has ended before the next, unless it takes longer than `readerGrace`.
struct LooseRefPacking {
  let layout: CopyLayout
  let environment: MirrorEnvironment
  let cancellation: CancellationFlag

  /// How long a reader may take from one kind of ref to the other and still see one moment. git needs 15 ms for 20,000
  /// refs; a machine under load may leave it waiting for a time slice several times that long.
  static let readerGrace = Duration.milliseconds(500)

  /// The content of Remora's lock on a loose ref. git's are empty or have an oid.
  static let lockContent = Array("remora folds this ref\n".utf8)

  private var files: any FileSystemPort { environment.files }
  private var stagedLock: FilePath { layout.staging.appending("loose.lock") }

  private static func lock(of path: FilePath) -> FilePath {
    guard let name = path.lastComponent else { preconditionFailure("a ref file has a name") }
    // By bytes, not by `String`: a name that is not UTF-8 has a lock of its own name too.
    let bytes = DirectoryEntry(name: name, kind: .regular).nameBytes + Array(".lock\0".utf8)
    let lock = bytes.map(CChar.init(bitPattern:)).withUnsafeBufferPointer { text in
      text.baseAddress.flatMap { FilePath.Component(platformString: $0) }
    }
    guard let lock else { preconditionFailure("a name with an ending is a name") }
    return path.removingLastComponent().appending(lock)
  }

  /// - Parameters:
  ///   - contents: the refs as read; their loose files are removed.
  ///   - folded: the new packed-refs, with the same values as `contents` resolves to.
  /// - Returns: the status of the packed-refs that was published.
  func fold(_ contents: RefReader.Contents, into folded: [UInt8]) throws -> FileStatus? {
    environment.passing(.folding)
    let transaction = RefTransaction(layout: layout, files: files)
    try transaction.publishPackedRefs(folded, expecting: contents.packedStatus)
    try environment.pause(Self.readerGrace, cancellation)
    try StagedFile.write(Self.lockContent, to: stagedLock, through: files)
    var touched: Set<FilePath> = []
    for entry in contents.loose.entries {
      try remove(entry)
      touched.insert(entry.path.removingLastComponent())
    }
    for entry in contents.loose.irregular {
      // No ref: git locks nothing here, and what it says does not matter.
      try files.unlink(entry.path)
      touched.insert(entry.path.removingLastComponent())
    }
    for directory in try removeEmptyDirectories(contents.loose) {
      touched.remove(directory)
      touched.insert(directory.removingLastComponent())
    }
    // Before the change: a stray that came back after a power failure would show its old value among new ones.
    for directory in touched.sorted(by: { $0.string < $1.string }) { try files.synchronizeDirectory(directory) }
    try environment.pause(Self.readerGrace, cancellation)
    return try files.status(of: layout.packedRefs)
  }

  /// Removes what directories below `refs/` are empty, inner ones first, and names them. They have no content, and
  /// nothing depends on when they go.
  @discardableResult
  func removeEmptyDirectories(_ loose: LooseRefs) throws -> [FilePath] {
    try loose.directories.filter { try removeIfEmpty($0) }
  }

  /// Removes one loose ref under its lock, as git does, unless it was changed since it was read.
  private func remove(_ entry: LooseRefs.Entry) throws {
    let lock = Self.lock(of: entry.path)
    do {
      try files.link(stagedLock, to: lock)
    } catch {
      guard error.code == .fileExists else { throw error }
      throw RefTransaction.locked(lock, of: layout)
    }
    defer {
      // A leftover lock is identified by its content; recovery removes it.
      try? files.unlink(lock)
    }
    guard let value = try LooseRefs.value(at: entry.path, through: files) else { return }
    guard value == entry.value else {
      throw MirrorError(
        .destinationLocked, "fold the refs of '\(layout.root)': '\(entry.name)' was changed meanwhile",
        hint: "run again when the other program has ended")
    }
    try files.unlink(entry.path)
  }

  /// `refs/heads` and `refs/tags` stay: older tools expect them.
  private func removeIfEmpty(_ directory: FilePath) throws -> Bool {
    let isExpected = ["heads", "tags"].contains(directory.lastComponent?.string)
    if isExpected, directory.removingLastComponent() == layout.refs { return false }
    do {
      try files.removeDirectory(directory)
      return true
    } catch {
      guard error.code == .directoryNotEmpty else { throw error }
      return false
    }
  }
}
