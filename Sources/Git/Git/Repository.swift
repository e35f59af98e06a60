internal import CLibgit2
internal import GitValues
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
