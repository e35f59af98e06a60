package import SystemPackage

/// Where the content of a blob is.
package struct ServedBlob: Hashable, Sendable {
  /// The kind's directory.
  package let root: FilePath
  /// The path below it, of plain names. No symbolic link on it is followed.
  package let path: FilePath

  package init(root: FilePath, path: FilePath) {
    self.root = root
    self.path = path
  }
}
