import DurableFiles
import Replication
import SystemPackage
import TextBytes

/// What stands at the path of an id, looked up from the root down.
enum Standing {
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
  func standing(of id: ReplicableID) throws -> Standing {
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
