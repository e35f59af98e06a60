internal import DurableFiles
internal import Glibc
internal import Replication
internal import SystemPackage
internal import WorkerPool

/// Lists the bare repositories below a root.
///
/// A directory is one when it has HEAD, objects/ and refs/; nothing is looked for inside one. A directory with some of these is
/// being made: not yet one. Per repository about a dozen system calls, and a row of some hundred bytes.
struct RepositoryCatalog {
  private let place: RepositoryPlace
  private let cancellation: CancellationFlag
  private var found: [ReplicableID: [(path: String, row: DirectoryCatalog.Row)]] = [:]
  private var skipped: [DirectoryCatalog.Skipped] = []
  private var isComplete = true

  init(_ place: RepositoryPlace, _ cancellation: CancellationFlag) {
    self.place = place
    self.cancellation = cancellation
  }

  private var files: any FileSystemPort { place.files }

  consuming func list() throws -> DirectoryCatalog {
    guard try files.status(of: place.root)?.kind == .directory else {
      return DirectoryCatalog(
        rows: [], isComplete: false, skipped: [.init(path: "", reason: "the root is no directory")])
    }
    try descend(into: place.root, below: "", depth: 0)
    var rows: [DirectoryCatalog.Row] = []
    rows.reserveCapacity(found.count)
    for candidates in found.values {
      if candidates.count == 1 {
        rows.append(candidates[0].row)
      } else {
        for candidate in candidates { skip(candidate.path, "two directories have this id, with and without '.git'") }
      }
    }
    rows.sort { $0.id < $1.id }
    skipped.sort { $0.path < $1.path }
    // An empty root looks like a file system that was not mounted.
    return DirectoryCatalog(rows: rows, isComplete: isComplete && !rows.isEmpty, skipped: skipped)
  }

  private mutating func skip(_ path: String, _ reason: String) {
    let shown = String(
      path.unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "?" : Character($0) })
    skipped.append(.init(path: shown, reason: reason))
  }

  private mutating func descend(into directory: FilePath, below path: String, depth: Int) throws {
    try cancellation.check()
    guard depth < Self.maximumDepth else { return skip(path, "more than \(Self.maximumDepth) directories deep") }
    let entries: [DirectoryEntry]
    do {
      entries = try files.entries(of: directory)
    } catch {
      isComplete = false
      return skip(path, "\(error)")
    }
    if !path.isEmpty {
      switch Shape(entries, named: path) {
      case .repository: return try take(directory, path)
      case .unfinished: return
      case .other: break
      }
    }
    for entry in entries where !entry.name.string.hasPrefix(".remora") {
      let name = path.isEmpty ? entry.name.string : "\(path)/\(entry.name.string)"
      switch entry.kind {
      case .directory: try descend(into: directory.appending(entry.name), below: name, depth: depth + 1)
      case .symbolicLink: try follow(directory.appending(entry.name), name, depth)
      case .regular, .other: break
      }
    }
  }

  /// A link is followed only to where somebody said that it may lead; one to elsewhere below the root is listed there.
  private mutating func follow(_ link: FilePath, _ path: String, _ depth: Int) throws {
    guard let resolved = realpath(link.string, nil) else { return skip(path, "a link that leads nowhere") }
    defer { free(resolved) }
    let target = FilePath(String(cString: resolved))
    guard place.allowedRoots.contains(where: { target.starts(with: $0) }) else {
      return skip(path, "a link out of its directory; name its target among the allowed roots, or replace it")
    }
    guard try files.status(of: target)?.kind == .directory else { return }
    try descend(into: target, below: path, depth: depth + 1)
  }

  private mutating func take(_ directory: FilePath, _ path: String) throws {
    let text = path.hasSuffix(".git") ? String(path.dropLast(4)) : path
    let id: ReplicableID
    do { id = try ReplicableID(text) } catch { return skip(path, "\(error)") }
    // One that is removed while the listing runs is not there any more.
    guard let status = try files.status(of: directory) else { return }
    let row = DirectoryCatalog.Row(
      id: id, identity: FileIdentity(status), stamp: try RepositoryStamp.read(directory, files))
    found[id, default: []].append((path, row))
  }

  /// Deeper is a circle, or somebody's mistake.
  private static var maximumDepth: Int { 64 }

  private enum Shape {
    case repository, unfinished, other

    init(_ entries: [DirectoryEntry], named path: String) {
      let names = Set(entries.map(\.name.string))
      let marks = ["HEAD", "objects", "refs"].filter(names.contains)
      if marks.count == 3 {
        self = .repository
      } else if path.hasSuffix(".git") || marks.count == 2 {
        self = .unfinished
      } else {
        self = .other
      }
    }
  }
}
