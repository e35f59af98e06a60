package import DurableFiles
internal import Glibc
package import Replication
internal import Synchronization
package import SystemPackage
internal import TextBytes
internal import WorkerPool

/// The places of one kind's replicables on this site.
package struct BlobPlace: Sendable {
  /// The directory below which ids are looked up. Absolute, and canonical: no symbolic link leads to it. It must exist;
  /// it is never made, because a root that is missing may be a disk that is not mounted.
  package var root: FilePath
  /// The file system; tests put recorders and faults in its place.
  package var files: any FileSystemPort

  package init(root: FilePath, files: any FileSystemPort = RealFileSystem()) {
    self.root = root
    self.files = files
  }

  /// The path of the replicable: the id itself.
  package func path(of id: ReplicableID) -> FilePath { root.pushing(FilePath(id.text)) }

  /// The prefix of Remora's own names, which no part of an id has (`ReplicableID`).
  static let ownPrefix = ".remora"

  /// Of new directories, less the process's umask.
  static let directoryPermissions = FilePermissions(rawValue: 0o777)
  /// Of new files, less the process's umask.
  static let filePermissions = FilePermissions(rawValue: 0o644)
}

/// What stands at the path of an id, looked up from the root down.
enum PlaceStatus {
  case nothing
  /// A regular file: a replicable.
  case file(FileStatus)
  case directory
  /// A symbolic link, a FIFO, a socket or a device.
  case foreign(FileKind)
  /// Something on the way is no directory, so nothing can stand at the path.
  case blocked(FilePath, FileKind)
}

extension BlobPlace {
  /// Looks without following a link anywhere below the root.
  ///
  /// Limitation: this is a walk of lstat(2), then a use of the path. A process that may write below the root can swap a
  /// directory for a link in between; reading is safe from that (`OpenFile`), writing is not. The directories below a
  /// root of copies must belong to the agent's user alone.
  /// - Throws: `FileError`, and `StrategyError` when the root itself cannot be used.
  func standing(of id: ReplicableID) throws -> PlaceStatus {
    try requireRoot()
    var path = root
    let parts = id.text.split(separator: "/").map(String.init)
    for part in parts.dropLast() {
      path.append(part)
      guard let status = try files.status(of: path) else { return .nothing }
      guard status.kind == .directory else { return .blocked(path, status.kind) }
    }
    guard let status = try files.status(of: self.path(of: id)) else { return .nothing }
    switch status.kind {
    case .regular: return .file(status)
    case .directory: return .directory
    case .symbolicLink, .other: return .foreign(status.kind)
    }
  }

  /// - Returns: what lstat(2) says about the root.
  /// - Throws: when it is missing or no directory, as a failure of the site and not of a replicable.
  @discardableResult
  func requireRoot() throws -> FileStatus {
    guard let status = try files.status(of: root) else {
      throw StrategyError(
        .fileSystem, trying: "use the root '\(root)'", "it does not exist", hint: "mount it or make the directory",
        disposition: .host)
    }
    guard status.kind == .directory else {
      throw StrategyError(
        .fileSystem, trying: "use the root '\(root)'",
        status.kind == .symbolicLink ? "it is a link" : "it is no directory", hint: "name the directory itself",
        disposition: .host)
    }
    return status
  }

  /// Refuses what a file cannot be put in place of.
  /// - Returns: the file that is there; `nil` when there is none.
  func requireRoom(for id: ReplicableID, trying operation: String) throws -> FileStatus? {
    switch try standing(of: id) {
    case .nothing: return nil
    case .file(let status): return status
    case .directory:
      // Left behind by files below it that were discarded; the kernel removes it only if it is empty.
      guard (try? files.removeDirectory(path(of: id))) != nil else {
        throw occupied(path(of: id), "a directory stands there", operation)
      }
      return nil
    case .foreign(let kind):
      let what = kind == .symbolicLink ? "a link" : "no regular file"
      throw occupied(path(of: id), "\(what) stands there", operation)
    case .blocked(let path, let kind):
      throw occupied(path, "\(kind == .symbolicLink ? "a link" : "no directory") lies on the way", operation)
    }
  }

  func occupied(_ path: FilePath, _ cause: String, _ operation: String) -> StrategyError {
    StrategyError(
      .occupied, trying: operation, "\(cause): '\(ForeignText.withoutControls(path.string, longest: 200))'",
      hint: "move it away; Remora replaces nothing that it did not make")
  }
}

extension BlobPlace {
  /// Whether two names below the root stand for one file, or for two with the same bytes: what a change that was
  /// broken off between its two names leaves behind, also after a backup has made two files of it.
  func isSame(_ first: FilePath, _ second: FilePath, cancellation: CancellationFlag) throws -> Bool {
    let files = [try OpenFile(below: root, first), try OpenFile(below: root, second)]
    let stamps = try files.map { try $0.stamp() }
    if stamps[0].device == stamps[1].device, stamps[0].inode == stamps[1].inode { return true }
    guard stamps[0].size == stamps[1].size else { return false }
    let digests = try files.map { try FileDigest(reading: $0, cancellation: cancellation) }
    guard let one = digests[0], let other = digests[1] else { return false }
    return one.checksum == other.checksum
  }
}

extension BlobPlace {
  /// True when the root holds no names but our own.
  ///
  /// Reads the directory only up to the first other name: a root may hold a million, and this is asked for each file
  /// that is gone.
  func isEmpty() throws(FileError) -> Bool {
    guard let stream = opendir(root.string) else { throw FileError(Errno(rawValue: errno), "list", root) }
    defer { closedir(stream) }
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else {
      preconditionFailure("a field of a C struct has an offset")
    }
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = String(cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
      if name != ".", name != "..", !name.hasPrefix(Self.ownPrefix) { return false }
    }
    guard errno == 0 else { throw FileError(Errno(rawValue: errno), "list", root) }
    return true
  }
}

/// Makes the directories that files need, and removes those that have become empty, one at a time: so no new
/// directory is removed before the file is in it.
final class DirectoryKeeper: Sendable {
  private let turn = Mutex(())

  init() {}

  /// Makes the directories above `path`, runs `body`, which puts something into the innermost, and keeps removals out
  /// meanwhile.
  func withParents<Result>(
    of path: FilePath, in place: BlobPlace, _ body: () throws -> Result
  ) throws -> Result {
    try turn.withLock { _ in
      try place.files.makeDirectories(
        path.removingLastComponent(), permissions: BlobPlace.directoryPermissions)
      return try body()
    }
  }

  /// Removes the directories above `path` that are empty, up to the root. What cannot be removed stays: an empty
  /// directory does no harm, except where a file is to get its name, and there it is tried again.
  func removeEmptyParents(of path: FilePath, in place: BlobPlace) {
    turn.withLock { _ in
      var directory = path.removingLastComponent()
      while directory != place.root, directory.starts(with: place.root) {
        // Not empty, mostly: that is the kernel's answer, and the end of the way up.
        guard (try? place.files.removeDirectory(directory)) != nil else { return }
        directory.removeLastComponent()
      }
    }
  }
}

extension BlobPlace {
  /// Makes the name of a file durable, with the names of all directories between the root and it: a run that was
  /// killed may have made them and synchronised none.
  func synchronizeWay(to path: FilePath) throws(FileError) {
    var directory = path.removingLastComponent()
    while directory != root {
      try files.synchronizeDirectory(directory)
      directory.removeLastComponent()
    }
    try files.synchronizeDirectory(root)
  }

  /// Removes a name; a missing one is no error.
  func removeIfThere(_ path: FilePath) throws(FileError) {
    do {
      try files.unlink(path)
    } catch {
      guard error.code == .noSuchFileOrDirectory || error.code == .notDirectory else { throw error }
    }
  }
}
