import DurableFiles
import Replication
import SystemPackage
import TextBytes
import WorkerPool

/// Lists every regular file below a root, in order of ids. Blocks its thread.
struct CatalogWalk {
  let place: BlobPlace
  let cancellation: CancellationFlag

  /// More skipped names than these only fill memory; the last one says that there are more.
  var maximumSkipped = 10_000

  private struct Result {
    let maximumSkipped: Int
    var rows: [DirectoryCatalog.Row] = []
    var skipped: [DirectoryCatalog.Skipped] = []
    var isComplete = true

    mutating func skip(_ path: String, _ reason: String) {
      guard skipped.count <= maximumSkipped else { return }
      let isLast = skipped.count == maximumSkipped
      skipped.append(
        isLast
          ? .init(path: "…", reason: "more were left out")
          : .init(path: ForeignText.withoutControls(path, longest: 1_100), reason: reason))
    }
  }

  /// A name still to be looked at, its path below the root.
  private struct Pending {
    let path: String
    let entry: DirectoryEntry
  }

  /// - Parameter device: that the root must be on; `nil` for any.
  /// - Returns: the catalog and what the root is recognised by. Incomplete when the root is missing, empty or on
  ///   another device, and when a directory could not be read.
  func run(expecting device: UInt64?) throws -> (catalog: DirectoryCatalog, root: FileIdentity?) {
    var result = Result(maximumSkipped: maximumSkipped)
    guard let root = try place.files.status(of: place.root), root.kind == .directory else {
      result.skip(".", "the root does not exist or is no directory")
      return (DirectoryCatalog(rows: [], isComplete: false, skipped: result.skipped), nil)
    }
    // A stack of names, the next one last: no recursion, so that the depth costs no stack.
    var pending = pendingEntries(of: place.root, below: "", &result)
    if pending.isEmpty, result.isComplete {
      result.isComplete = false
      result.skip(".", "the root is empty")
    }
    if let device, device != root.device {
      result.isComplete = false
      result.skip(".", "the root is on another device than before: it may be unmounted")
    }
    while let next = pending.popLast() {
      let name = place.root.pushing(FilePath(next.path))
      switch next.entry.kind {
      case .regular: try add(next.path, name, &result)
      case .directory:
        try cancellation.check()
        pending += pendingEntries(of: name, below: next.path + "/", &result)
      case .symbolicLink: result.skip(next.path, "a symbolic link")
      case .other: result.skip(next.path, "no regular file")
      }
    }
    let catalog = DirectoryCatalog(rows: result.rows, isComplete: result.isComplete, skipped: result.skipped)
    return (catalog, FileIdentity(device: root.device, inode: root.inode))
  }

  private func add(_ path: String, _ name: FilePath, _ result: inout Result) throws {
    let id: ReplicableID
    do { id = try ReplicableID(path) } catch {
      result.skip(path, Self.reason(error))
      return
    }
    do {
      // Gone, or something else meanwhile: then it is no replicable now.
      guard let status = try place.files.status(of: name), status.kind == .regular else { return }
      result.rows.append(
        .init(
          id: id, identity: FileIdentity(status), stamp: FileStamp(status).folded))
    } catch {
      result.isComplete = false
      result.skip(path, error.description)
    }
  }

  /// The names in a directory, the first one last, so ordered that files come in order of ids: a directory stands
  /// where its name with a slash stands.
  private func pendingEntries(
    of directory: FilePath, below prefix: String, _ result: inout Result
  ) -> [Pending] {
    let entries: [DirectoryEntry]
    do { entries = try place.files.entries(of: directory) } catch {
      // One that was removed while we walked has nothing to list; the root itself must not vanish so.
      let isGone = error.code == .noSuchFileOrDirectory && !prefix.isEmpty
      if !isGone {
        result.isComplete = false
        result.skip(prefix.isEmpty ? "." : prefix, error.description)
      }
      return []
    }
    var found: [(key: [UInt8], pending: Pending)] = []
    for entry in entries {
      let bytes = entry.nameBytes
      if bytes.starts(with: BlobPlace.ownPrefix.utf8) || place.files.isLeftover(entry.name) { continue }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        result.skip(prefix + String(decoding: bytes, as: UTF8.self), "a name that is not UTF-8")
        continue
      }
      let isDirectory = entry.kind == .directory
      if isDirectory, let reason = Self.objection(to: prefix + name) {
        result.skip(prefix + name, reason)
        continue
      }
      found.append((bytes + (isDirectory ? [UInt8(ascii: "/")] : []), Pending(path: prefix + name, entry: entry)))
    }
    found.sort { $1.key.lexicographicallyPrecedes($0.key) }
    return found.map(\.pending)
  }

  /// Why nothing below a directory of this name can be a replicable; `nil` when it can.
  private static func objection(to path: String) -> String? {
    do {
      _ = try ReplicableID(path)
      return nil
    } catch {
      return reason(error)
    }
  }

  private static func reason(_ error: ReplicationError) -> String {
    if case .invalidID(_, let reason) = error { reason } else { error.description }
  }
}
