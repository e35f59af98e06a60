package import SystemPackage

/// One bare repository that is given to others, and on which terms.
package struct ServedRepository: Hashable, Sendable {
  /// The directory itself, absolute.
  package let path: FilePath
  /// Whether refs that `transfer.hideRefs` hides are shown: to other sites all of them are, because a copy without them
  /// is none.
  package let showsHiddenRefs: Bool
  /// Prefixes of ref names, as in `transfer.hideRefs`, that are hidden in addition to those that the repository hides
  /// itself. git serves an object to a client that knows its oid nevertheless.
  package let hiddenRefs: [String]
  /// Whether the directory may belong to another user than ours (`trusted_owners`).
  package let trustsOwner: Bool
  /// Whose share of `git upload-pack` it takes.
  package let asker: Asker

  package init(
    path: FilePath, showsHiddenRefs: Bool, hiddenRefs: [String] = [], trustsOwner: Bool = false,
    asker: Asker = .unknown
  ) {
    self.path = path
    self.showsHiddenRefs = showsHiddenRefs
    self.hiddenRefs = hiddenRefs
    self.trustsOwner = trustsOwner
    self.asker = asker
  }
}
