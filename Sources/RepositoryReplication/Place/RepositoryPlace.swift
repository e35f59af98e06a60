package import DurableFiles
package import Replication
package import SystemPackage

/// What the strategy of one kind needs to know: where its repositories lie on this site.
package struct RepositoryPlace: Sendable {
  /// The directory below which ids are looked up. Absolute, without links.
  package var root: FilePath
  /// Directories outside of the root to which links below it may lead. Absolute, without links.
  package var allowedRoots: [FilePath]
  /// The file system; tests put recorders and faults in its place.
  package var files: any FileSystemPort
  let parents = ParentGate()
  let knownRoot = KnownRoot()
  /// What the last listing of the root found.
  let knownRepositories = KnownRepositories()

  /// Copies of one place know of each other's work; two places of one root do not.
  package init(root: FilePath, allowedRoots: [FilePath] = [], files: any FileSystemPort = RealFileSystem()) {
    self.root = root
    self.allowedRoots = allowedRoots
    self.files = files
  }

  /// Where a copy lies: the id with `.git`.
  package func path(of id: ReplicableID) -> FilePath { root.pushing(FilePath(id.text + ".git")) }

  /// Where a repository of a host lies: the same, or without `.git` where the host named it so.
  ///
  /// - Throws: `StrategyError` of code `broken` when there are both: which one is meant, nobody can tell.
  package func source(of id: ReplicableID) throws -> FilePath {
    let (named, bare) = (path(of: id), root.pushing(FilePath(id.text)))
    guard try isRepository(bare) else { return named }
    guard try files.status(of: named) == nil else {
      throw StrategyError(.broken, "find '\(id)': both '\(bare)' and '\(named)' are there; rename one")
    }
    return bare
  }

  /// Where copies are put away.
  package var trash: RepositoryTrash { RepositoryTrash(root: root, files: files) }
}
