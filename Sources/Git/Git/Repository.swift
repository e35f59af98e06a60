internal import CLibgit2
package import GitValues
internal import Glibc

/// A bare repository on disk, opened with the checks that git makes and `git_repository_open_bare` leaves out.
///
/// Opening never creates or changes anything. Not Sendable: libgit2 wants one thread at a time on each handle.
package final class Repository {
  /// The repository's directory, absolute, links resolved, without a slash at its end.
  package let path: String
  package let traits: RepositoryTraits
  /// The repository's own `config` file and nothing else.
  package let configuration: Configuration
  let handle: OpaquePointer

  /// Opens the repository whose directory this is.
  ///
  /// Corresponds to `git_repository_open_bare`.
  /// - Parameters:
  ///   - path: the directory itself; neither parents nor a `.git` below it are searched.
  ///   - trustedOwners: user ids that may own it in addition to the effective user. git's rule for root under sudo is
  ///     `[SUDO_UID]`; the user's `safe.directory` is not looked at.
  /// - Throws: `notARepository`, `notOwned`, `unsupportedObjectFormat`, `unsupportedExtension`.
  package static func openBare(at path: String, trustedOwners: Set<UInt32> = []) throws(GitError) -> Repository {
    try Library.start()
    let inspection = try RepositoryInspection(path)
    // The order matters: nothing of a stranger's repository is believed, its configuration included.
    try inspection.checkOwner(trustedOwners)
    try inspection.checkShape()
    let configuration = try Configuration(path: inspection.path + "/config")
    try inspection.checkFormat(configuration)
    let traits = try inspection.traits(configuration)
    var handle: OpaquePointer?
    try check(
      PathText.withCString(inspection.path) { git_repository_open_bare(&handle, $0) }, "git_repository_open_bare",
      on: inspection.path)
    return Repository(
      path: inspection.path, traits: traits, configuration: configuration,
      handle: try required(handle, "git_repository_open_bare", on: path))
  }

  private init(path: String, traits: RepositoryTraits, configuration: Configuration, handle: OpaquePointer) {
    self.path = path
    self.traits = traits
    self.configuration = configuration
    self.handle = handle
  }

  deinit { git_repository_free(handle) }

  /// Opens the repository's objects; each call a database of its own.
  ///
  /// Not `git_repository_odb`: its database would read loose objects with libgit2's own reader.
  package func objects() throws(GitError) -> ObjectDatabase {
    try ObjectDatabase(objectsDirectory: path + "/objects")
  }
}

extension Repository {
  /// Makes a ref that must not exist, with git's own locks and reflogs; its object must be there. Not durable yet.
  ///
  /// Corresponds to `git_reference_create`. The objects are looked for anew: the handle may be older than they are.
  /// - Throws: `exists`, also where another ref stands in the way of the name; `locked`.
  package func createReference(_ name: ReferenceName, at oid: ObjectID, message: String) throws(GitError) {
    var id = oid.gitOID
    var reference: OpaquePointer?
    let status = (name.bytes + [0]).withUnsafeBytes { bytes in
      git_reference_create(&reference, handle, bytes.assumingMemoryBound(to: CChar.self).baseAddress, &id, 0, message)
    }
    try check(status, "git_reference_create", on: "\(name)")
    git_reference_free(reference)
  }
}

/// Unusual properties of a repository, one flag each, so that a caller can name its reason.
///
/// All are facts of the moment of opening, read from files; none is judged here.
package struct RepositoryTraits: Hashable, Sendable {
  /// `core.bare`, or no setting and no work tree implied by the name `.git`.
  package var isBare: Bool
  /// History was cut off at some commits (`shallow`).
  package var isShallow: Bool
  /// Borrows objects of other directories (`objects/info/alternates`).
  package var hasAlternates: Bool
  /// Pretends other parents than the commits say (`info/grafts`).
  package var hasGrafts: Bool
  /// Leaves objects with a remote until they are asked for (`extensions.partialClone`, a promisor remote or pack).
  package var isPartial: Bool

  package init(
    isBare: Bool, isShallow: Bool, hasAlternates: Bool, hasGrafts: Bool, isPartial: Bool
  ) {
    self.isBare = isBare
    self.isShallow = isShallow
    self.hasAlternates = hasAlternates
    self.hasGrafts = hasGrafts
    self.isPartial = isPartial
  }
}
