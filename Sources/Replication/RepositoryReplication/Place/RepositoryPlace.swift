package import DurableFiles
internal import Glibc
package import Replication
internal import Synchronization
package import SystemPackage

/// The places of one kind's repositories on this site.
package struct RepositoryPlace: Sendable {
  /// The directory below which ids are looked up. Absolute, without links.
  package var root: FilePath
  /// Directories outside of the root to which links below it may lead. Absolute, without links.
  package var allowedRoots: [FilePath]
  /// The file system; tests put recorders and faults in its place.
  package var files: any FileSystemPort
  /// Whether the repositories are copies of our own, which may lie behind links of the operator's: those of a host are
  /// looked for by the catalog's rules alone.
  package var holdsCopies: Bool
  let parents = ParentGate()
  let knownRoot = KnownRoot()
  /// What the last listing of the root found.
  let knownRepositories = KnownRepositories()

  /// Copies of one value share their running work; two values of one root do not.
  package init(
    root: FilePath, allowedRoots: [FilePath] = [], holdsCopies: Bool = false,
    files: any FileSystemPort = RealFileSystem()
  ) {
    self.root = root
    self.allowedRoots = allowedRoots
    self.holdsCopies = holdsCopies
    self.files = files
  }

  /// The path of a copy: the id with `.git`.
  package func path(of id: ReplicableID) -> FilePath { root.pushing(FilePath(id.text + ".git")) }

  /// What stands at the id's place: by the catalog's rules, or where the copy of it lies.
  ///
  /// - Throws: `StrategyError` of code `broken` when a host has two, with `.git` and without.
  package func source(of id: ReplicableID) throws -> Location {
    guard holdsCopies else { return try location(of: id) }
    let path = path(of: id)
    return try files.status(of: path) == nil ? .absent : .directory(path)
  }

  /// Where copies are put away.
  package var trash: RepositoryTrash { RepositoryTrash(root: root, files: files) }
}

extension RepositoryPlace {
  /// What stands at an id's place.
  package enum Location: Hashable, Sendable {
    /// A directory, by its path without links.
    case directory(FilePath)
    /// Something that the catalog leaves out: a link to where none may lead, what lies within another repository, a file.
    case refused(String)
    /// Nothing.
    case absent
  }

  /// Finds the directory of an id: the one lookup of the catalog's rules for listing, presence and serving. What the catalog does not
  /// list is not found here, whatever links lead to it.
  ///
  /// - Throws: `StrategyError` of code `broken` when there are two, with `.git` and without.
  package func location(of id: ReplicableID) throws -> Location {
    let named = try walk(id.text + ".git")
    let bare = try walk(id.text)
    guard case .directory(let path) = bare, try isRepository(path) else {
      // A directory of that name may hold others; only a link says something of the id.
      if case .refused(let reason) = bare, named == .absent { return .refused(reason) }
      return named
    }
    guard case .absent = named else {
      throw StrategyError(.broken, "find '\(id)': both '\(path)' and '\(path).git' are there; rename one")
    }
    return bare
  }

  /// From name to name, as the catalog descends.
  private func walk(_ text: String) throws -> Location {
    var path = root
    let names = text.split(separator: "/")
    for (index, name) in names.enumerated() {
      if index > 0, try isRepository(path) { return .refused("it lies within the repository '\(path)'") }
      path.append(String(name))
      guard let status = try files.status(of: path) else { return .absent }
      switch status.kind {
      case .directory: continue
      case .symbolicLink:
        guard let target = allowedTarget(of: path) else {
          return .refused("'\(path)' is a link out of its directory; name its target among the allowed roots")
        }
        guard try files.status(of: target)?.kind == .directory else {
          return .refused("'\(path)' leads to no directory")
        }
        path = target
      default: return index + 1 < names.count ? .absent : .refused("'\(path)' is no directory")
      }
    }
    return .directory(path)
  }

  /// Where a link leads that may lead there; `nil` for any other.
  func allowedTarget(of link: FilePath) -> FilePath? {
    guard let resolved = realpath(link.string, nil) else { return nil }
    defer { free(resolved) }
    let target = FilePath(String(cString: resolved))
    return allowedRoots.contains { target.starts(with: $0) } ? target : nil
  }
}

/// The root directory when this process last found a repository in it; `nil` before that. Another one, or an empty one, may be a
/// disk that is not mounted.
final class KnownRoot: Sendable {
  private let known = Mutex<FileIdentity?>(nil)

  func remember(_ root: FileStatus) { known.withLock { $0 = FileIdentity(root) } }

  /// Whether the root is on another device than before.
  func hasMoved(to root: FileStatus) -> Bool { known.withLock { $0.map { $0.device != root.device } ?? false } }

  /// Whether something was seen in this very directory.
  func isFamiliar(_ root: FileStatus) -> Bool { known.withLock { $0 == FileIdentity(root) } }
}

/// Keeps directories that have become empty from being removed while something is made in one.
///
/// A copy that comes and one that goes may share a parent: removed between the moment when the one found it there and the
/// moment when it puts something in, it would be made again, but its name would not be made durable.
final class ParentGate: Sendable {
  private let makers = Mutex(0)

  /// Runs what makes things in directories; any number at a time.
  func making<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
    makers.withLock { $0 += 1 }
    defer { makers.withLock { $0 -= 1 } }
    return try body()
  }

  /// Runs what removes empty directories, unless something is being made in one: then they stay.
  func removing(_ body: () -> Void) {
    makers.withLock { if $0 == 0 { body() } }
  }
}
