internal import AgentAPI
internal import Foundation
internal import Replication
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

    var dataType: DataType { self == .repository ? .repository : .blob }
    var suffix: String { self == .repository ? ".git" : "" }
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
}

/// A request for the place of a present replicable's content.
struct ContentLookup: Sendable {
  /// The kind's name, as it was sent.
  let name: String
  /// The id, as it was sent.
  let id: String
  /// The expected one; `nil` for any that has the id.
  var incarnation: Incarnation?
  let content: Agent.Content

  /// The answer where there is no such content.
  var missing: AgentFault { AgentFault(404, "missing", "there is no such \(content.rawValue)") }

  /// Returns the requested replicable.
  ///
  /// - Throws: `AgentFault` 404 for one that this site does not select; `ReplicationError` for an unknown kind and a bad
  ///   id.
  func selected(by context: SiteContext) throws -> (id: ReplicableID, kind: KindPlan) {
    let kind = try context.kind(name)
    let id = try ReplicableID(id)
    guard kind.dataType == content.dataType, kind.selection.selects(id) else { throw missing }
    return (id, kind)
  }

  /// Finds it on the disk.
  ///
  /// - Throws: `AgentFault` 404 when it is absent, 503 when the root is missing, or empty like the mount point of a file
  ///   system that is not mounted.
  func find(_ id: ReplicableID, _ kind: KindPlan, _ state: SiteResources) async throws -> Agent.FoundContent {
    let root = kind.root
    let path = "\(id)\(content.suffix)"
    return try await state.storage.run { [self] _ in
      guard let resolved = realpath(root, nil) else { throw Self.unusable(root, String(cString: strerror(errno))) }
      defer { free(resolved) }
      let directory = FilePath(String(cString: resolved))
      var location = directory.appending(path)
      if content == .repository {
        // By the rules of the catalog: a directory that it does not list is not served, even if a symbolic link leads
        // there.
        switch try state.place(of: kind, at: directory, holdsCopies: false).location(of: id) {
        case .directory(let found): location = found
        case .refused: throw missing
        case .absent: break
        }
      }
      var status = stat()
      guard lstat(location.string, &status) != 0 else {
        return Agent.FoundContent(root: directory, path: FilePath(path), location: location, owner: status.st_uid)
      }
      guard errno == ENOENT || errno == ENOTDIR else {
        throw Self.unusable("\(location)", String(cString: strerror(errno)))
      }
      guard try !FileManager.default.contentsOfDirectory(atPath: directory.string).isEmpty else {
        throw Self.unusable(root, "the directory is empty")
      }
      throw missing
    }
  }

  private static func unusable(_ path: String, _ reason: String) -> AgentFault {
    AgentFault(
      503, "root_unusable", "look below '\(path)': \(reason)", hint: "see whether its file system is mounted")
  }
}
