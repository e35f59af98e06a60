package import DurableFiles
package import Replication
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
