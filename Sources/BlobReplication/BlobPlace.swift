package import DurableFiles
package import Replication
package import SystemPackage

/// What the strategy of one kind needs to know: where its replicables lie on this site.
package struct BlobPlace: Sendable {
  /// The directory below which ids are looked up. Absolute.
  package var root: FilePath
  /// The file system; tests put recorders and faults in its place.
  package var files: any FileSystemPort

  package init(root: FilePath, files: any FileSystemPort = RealFileSystem()) {
    self.root = root
    self.files = files
  }

  /// Where the replicable lies: the id itself.
  package func path(of id: ReplicableID) -> FilePath { root.pushing(FilePath(id.text)) }
}
