package import DurableFiles
package import Replication
package import SystemPackage

/// The places of one kind's replicables on this site.
package struct BlobPlace: Sendable {
  /// The directory below which ids are looked up. Absolute, and canonical: no symbolic link leads to it. It must exist;
  /// it is never made, because a root that is missing may be a disk that is not mounted.
  package var root: FilePath
  /// The file system; tests put recorders and faults in its place.
  package var files: any FileSystemPort

  package init(root: FilePath, files: any FileSystemPort = RealFileSystem()) {
    self.root = root
    self.files = files
  }

  /// The path of the replicable: the id itself.
  package func path(of id: ReplicableID) -> FilePath { root.pushing(FilePath(id.text)) }

  /// The prefix of Remora's own names, which no part of an id has (`ReplicableID`).
  static let ownPrefix = ".remora"

  /// Of new directories, less the process's umask.
  static let directoryPermissions = FilePermissions(rawValue: 0o777)
  /// Of new files, less the process's umask.
  static let filePermissions = FilePermissions(rawValue: 0o644)
}
