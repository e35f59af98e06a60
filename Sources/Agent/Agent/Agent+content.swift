internal import AgentAPI
internal import Foundation
package import Replication
internal import RepositoryReplication
internal import SiteAssembly
package import SystemPackage
internal import WorkerPool

extension Agent {
  /// The form of a replicable's content: a bare repository, or a file.
  package enum Content: String, Sendable {
    /// A bare repository.
    case repository
    /// A file.
    case file

    fileprivate var dataType: DataType { self == .repository ? .repository : .blob }
    fileprivate var suffix: String { self == .repository ? ".git" : "" }
  }

  /// The place of present content.
  package struct FoundContent: Sendable {
    /// The kind's root, resolved.
    package let root: FilePath
    /// The path below it by the id; it may contain symbolic links.
    package let path: FilePath
    /// The content itself; for a repository without symbolic links.
    package let location: FilePath
    /// The number of the user who owns it.
    package let owner: UInt32
  }

  /// Returns where the content of a present replicable is.
  ///
  /// - Parameter incarnation: the expected one, on a primary; `nil` for any that has the id.
  /// - Throws: `AgentFault` 409 on a primary that was replaced, 409 `replaced` for another incarnation, 404 for a
  ///   replicable that is absent or not selected, 503 when the root is missing, or empty like the mount point of a file
  ///   system that is not mounted. `ReplicationError` for an unknown kind and a bad id.
  package func content(
    of name: String, id: String, incarnation: Incarnation? = nil, as content: Content
  ) async throws -> FoundContent {
    // A fenced primary has the content of before its replacement, which must not be served as current.
    if case .primary = site { try plan.epoch?.checkNotFenced("give out a \(content.rawValue)") }
    let kind = try kind(name)
    let id = try ReplicableID(id)
    guard kind.dataType == content.dataType, kind.selection.selects(id) else { throw Self.missing(content) }
    if case .primary(let site) = site {
      // Only listed replicables are served.
      guard try await site.primary.ruledOut(id, kind.name) == nil else { throw Self.missing(content) }
    }
    if let incarnation {
      try await primarySite(for: "serve an incarnation").primary.requireCurrent(id, incarnation, kind.name)
    }
    let root = kind.root
    let path = "\(id)\(content.suffix)"
    return try await state.storage.run { [state] _ in
      guard let resolved = realpath(root, nil) else { throw Self.unusable(root, String(cString: strerror(errno))) }
      defer { free(resolved) }
      let directory = FilePath(String(cString: resolved))
      var location = directory.appending(path)
      if content == .repository {
        // By the rules of the catalog: a directory that it does not list is not served, even if a symbolic link leads
        // there.
        switch try state.place(of: kind, at: directory, holdsCopies: false).location(of: id) {
        case .directory(let found): location = found
        case .refused: throw Self.missing(content)
        case .absent: break
        }
      }
      var status = stat()
      guard lstat(location.string, &status) != 0 else {
        return FoundContent(root: directory, path: FilePath(path), location: location, owner: status.st_uid)
      }
      guard errno == ENOENT || errno == ENOTDIR else {
        throw Self.unusable("\(location)", String(cString: strerror(errno)))
      }
      guard try !FileManager.default.contentsOfDirectory(atPath: directory.string).isEmpty else {
        throw Self.unusable(root, "the directory is empty")
      }
      throw Self.missing(content)
    }
  }

  /// Returns where a repository is pushed to, for the refusal of a push here: `push to …`.
  package func home(of name: String, id: String) -> String {
    guard case .secondary(let site) = site else { return "push to the Git host itself" }
    let here = "this is '\(plan.site)', a copy; push to"
    guard let kind = plan.kinds.first(where: { $0.name.text == name }), let id = try? ReplicableID(id) else {
      return "\(here) the Git host"
    }
    if let location = site.listed?.location(of: id, kind.name) ?? kind.address?.url(of: id) {
      return "\(here) \(SourceURLText.redacted(location) ?? "the Git host")"
    }
    return "\(here) the Git host of the primary, whose agent is at \(site.primaryURL ?? "")"
  }

  private static func missing(_ content: Content) -> AgentFault {
    AgentFault(404, "missing", "there is no such \(content.rawValue)")
  }

  private static func unusable(_ path: String, _ reason: String) -> AgentFault {
    AgentFault(
      503, "root_unusable", "look below '\(path)': \(reason)", hint: "see whether its file system is mounted")
  }
}
