internal import DurableFiles
internal import Glibc
package import Replication
package import SystemPackage

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
