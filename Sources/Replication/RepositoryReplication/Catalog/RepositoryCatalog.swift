internal import DurableFiles
internal import Glibc
internal import Replication
internal import SystemPackage
internal import TextBytes
internal import WorkerPool

/// Lists the bare repositories below a root.
///
/// A directory is one when it has HEAD, objects/ and refs/. One inside another is reported and not listed: it would be copied into the
/// other's copy. A directory with some of the three is being made, or broken: it is reported too. What cannot be read, and what goes while the listing runs (it may have been renamed to where the
/// listing has been already), makes the listing incomplete. Per repository about a dozen looks at files and directories, six
/// where nothing has changed since the last listing (`KnownRepositories`), and a row of some hundred bytes.
struct RepositoryCatalog {
  /// Skipped names beyond this only fill memory; the last one says that there are more.
  static let maximumSkipped = 10_000

  private let place: RepositoryPlace
  private let cancellation: CancellationFlag
  private let known: [String: KnownRepositories.Repository]
  private var nowKnown: [String: KnownRepositories.Repository] = [:]
  private var found: [Found] = []
  private var skipped: [DirectoryCatalog.Skipped] = []
  private var isComplete = true
  /// Targets of links that were followed: a second way to one would lead round in a circle, or give one repository two ids.
  private var followed: Set<FileIdentity> = []

  private struct Found {
    let row: DirectoryCatalog.Row
    /// The directory's name ends in `.git`.
    let isNamed: Bool

    var path: String { row.id.text + (isNamed ? ".git" : "") }
  }

  init(_ place: RepositoryPlace, _ cancellation: CancellationFlag) {
    self.place = place
    self.cancellation = cancellation
    known = place.knownRepositories.all
  }

  private var files: any FileSystemPort { place.files }

  consuming func list() throws -> DirectoryCatalog {
    guard let root = try files.status(of: place.root), root.kind == .directory else {
      return DirectoryCatalog(
        rows: [], isComplete: false, skipped: [.init(path: "", reason: "the root is no directory")])
    }
    if place.knownRoot.hasMoved(to: root) {
      isComplete = false
      skip("", "the root is on another device than before; is its disk mounted?")
    }
    try descend(into: place.root, below: "", depth: 0)
    place.knownRepositories.remember(nowKnown)
    let rows = rows()
    skipped.sort { $0.path < $1.path }
    // An empty root looks like a file system that was not mounted.
    isComplete = isComplete && !rows.isEmpty
    if isComplete { place.knownRoot.remember(root) }
    return DirectoryCatalog(rows: rows, isComplete: isComplete, skipped: skipped)
  }

  /// In order of ids, without those that two directories claim.
  private mutating func rows() -> [DirectoryCatalog.Row] {
    found.sort { $0.row.id < $1.row.id }
    var rows: [DirectoryCatalog.Row] = []
    rows.reserveCapacity(found.count)
    for index in found.indices {
      let id = found[index].row.id
      if index > 0 && found[index - 1].row.id == id || index + 1 < found.count && found[index + 1].row.id == id {
        skip(found[index].path, "two directories have this id, with and without '.git'")
      } else {
        rows.append(found[index].row)
      }
    }
    return rows
  }

  private mutating func skip(_ path: String, _ reason: String, isBroken: Bool = false) {
    guard skipped.count <= Self.maximumSkipped else { return }
    guard skipped.count < Self.maximumSkipped else {
      return skipped.append(.init(path: "…", reason: "more were left out"))
    }
    skipped.append(.init(path: ForeignText.withoutControls(path), reason: reason, isBroken: isBroken))
  }

  /// Something that may hold repositories and could not be looked at.
  private mutating func skip(_ path: String, unreadable error: any Error) {
    isComplete = false
    skip(path, "\(error)")
  }

  private mutating func descend(into directory: FilePath, below path: String, depth: Int) throws {
    try cancellation.check()
    guard depth < Self.maximumDepth else { return skip(path, "more than \(Self.maximumDepth) directories deep") }
    let entries: [DirectoryEntry]
    do {
      if try takeUnchanged(directory, path) { return }
      entries = try files.entries(of: directory)
    } catch {
      return skip(path, unreadable: error)
    }
    if !path.isEmpty {
      switch Shape(entries, named: path) {
      case .repository: return take(directory, path, nested: nested(in: entries, directory, path, depth: 0))
      case .unfinished(let missing, let isBroken):
        return skip(path, "no repository: it has no \(missing.joined(separator: ", no "))", isBroken: isBroken)
      case .other: break
      }
    }
    for entry in entries where !RepositoryPlace.isOurs(entry) {
      guard entry.kind == .directory || entry.kind == .symbolicLink else { continue }
      guard let name = String(validating: entry.nameBytes, as: UTF8.self) else {
        skip("\(path)/\(entry.name.string)", "a name that is not UTF-8")
        continue
      }
      let below = path.isEmpty ? name : "\(path)/\(name)"
      if entry.kind == .directory {
        try descend(into: directory.appending(entry.name), below: below, depth: depth + 1)
      } else {
        try follow(directory.appending(entry.name), below, depth)
      }
    }
  }

  /// A link is followed only to where the configuration lets it lead; one to elsewhere below the root is listed there.
  private mutating func follow(_ link: FilePath, _ path: String, _ depth: Int) throws {
    guard let resolved = realpath(link.string, nil) else { return skip(path, "a link that leads nowhere") }
    free(resolved)
    guard let target = place.allowedTarget(of: link) else {
      return skip(path, "a link out of its directory; name its target among the allowed roots, or replace it")
    }
    do {
      guard let status = try files.status(of: target), status.kind == .directory else { return }
      guard followed.insert(FileIdentity(status)).inserted else {
        return skip(path, "a link to where another one led already")
      }
    } catch {
      return skip(path, unreadable: error)
    }
    try descend(into: target, below: path, depth: depth + 1)
  }

  /// Repositories inside a repository, as paths below the root. Directories that git itself makes are not looked into.
  private func nested(in entries: [DirectoryEntry], _ directory: FilePath, _ path: String, depth: Int) -> [String] {
    var found: [String] = []
    for entry in entries where entry.kind == .directory && !RepositoryPlace.isOurs(entry) {
      guard let name = String(validating: entry.nameBytes, as: UTF8.self),
        depth > 0 || !Self.directoriesOfGit.contains(name)
      else { continue }
      let inner = directory.appending(entry.name)
      // What cannot be read inside a repository concerns that repository, and the reading of its refs reports it.
      guard let below = try? files.entries(of: inner) else { continue }
      let shape = Shape(below, named: "\(path)/\(name)")
      if case .repository = shape {
        found.append("\(path)/\(name)")
      } else if depth < Self.maximumNesting {
        found += nested(in: below, inner, "\(path)/\(name)", depth: depth + 1)
      }
      if found.count >= Self.maximumNested { break }
    }
    return found
  }

  private static let directoriesOfGit: Set = [
    "branches", "custom_hooks", "hooks", "info", "lfs", "logs", "modules", "objects", "refs", "reftable", "remora",
    "rr-cache", "svn", "worktrees",
  ]
  private static let (maximumNesting, maximumNested) = (3, 100)

  private mutating func take(_ directory: FilePath, _ path: String, nested: [String]) {
    do {
      guard let status = try files.status(of: directory) else {
        throw FileError(.noSuchFileOrDirectory, "look at", directory)
      }
      take(status, path, try RepositoryStamp(reading: directory, files), nested: nested)
    } catch {
      skip(path, unreadable: error)
    }
  }

  /// Takes a repository that the last listing found, if it looks as it did then.
  private mutating func takeUnchanged(_ directory: FilePath, _ path: String) throws(FileError) -> Bool {
    guard let repository = known[path], let status = try files.status(of: directory), status.kind == .directory,
      Self.shape(status) == repository.shape, try repository.stamp.isCurrent(of: directory, files)
    else { return false }
    take(status, path, repository.stamp, nested: repository.nested)
    return true
  }

  private mutating func take(_ status: FileStatus, _ path: String, _ stamp: RepositoryStamp, nested: [String]) {
    for inner in nested { skip(inner, "inside the repository '\(path)'; move it out, and it is replicated") }
    let isNamed = path.hasSuffix(".git")
    do {
      let id = try ReplicableID(isNamed ? String(path.dropLast(4)) : path)
      let row = DirectoryCatalog.Row(id: id, identity: FileIdentity(status), stamp: stamp.value)
      found.append(Found(row: row, isNamed: isNamed))
      nowKnown[path] = KnownRepositories.Repository(shape: Self.shape(status), stamp: stamp, nested: nested)
    } catch {
      skip(path, "\(error)")
    }
  }

  private static func shape(_ status: FileStatus) -> UInt64 {
    var number = FNV1a()
    number.add(status)
    return number.value
  }

  /// Deeper is a circle, or a mistake.
  private static var maximumDepth: Int { 64 }

  private enum Shape {
    case repository
    /// - Parameter isBroken: it has one of the three at least, so it is more than a name.
    case unfinished(missing: [String], isBroken: Bool)
    case other

    init(_ entries: [DirectoryEntry], named path: String) {
      let missing = Self.marks.filter { mark in
        !entries.contains { $0.name == mark && (mark == "HEAD" || $0.kind == .directory || $0.kind == .symbolicLink) }
      }
      if missing.isEmpty {
        self = .repository
      } else if path.hasSuffix(".git") || missing.count == 1 {
        self = .unfinished(missing: missing.map(\.string), isBroken: missing.count < Self.marks.count)
      } else {
        self = .other
      }
    }

    private static let marks: [FilePath.Component] = ["HEAD", "objects", "refs"]
  }
}
