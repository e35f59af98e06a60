internal import CLibgit2
internal import GitValues
internal import Glibc

/// The objects of one repository, or of a few packs: libgit2's `git_odb`.
///
/// Use from one thread at a time. Loose objects are read by `LooseObjectBackend`; those of a lender in `info/alternates`
/// by libgit2, which a truncated one hangs. Objects are not hashed when they are read (see `Library`); their zlib checksum is
/// verified.
///
/// libgit2 shares open packs between all databases of the process by their path: a pack that is deleted or replaced
/// under its name stays readable as it was until the last database that saw it is gone.
package final class ObjectDatabase {
  let handle: OpaquePointer

  /// A database without any storage: it contains nothing until `addPack` gives it something.
  ///
  /// Corresponds to `git_odb_new`.
  package init() throws(GitError) {
    try Library.start()
    var opened: OpaquePointer?
    try check(git_odb_new(&opened), "git_odb_new")
    handle = try required(opened, "git_odb_new")
  }

  /// Opens the `objects` directory of a repository.
  ///
  /// Corresponds to `git_odb_open`, which would take a missing directory for an empty database.
  /// - Throws: `notFound` when there is no such directory.
  package init(objectsDirectory: String) throws(GitError) {
    try Library.start()
    guard FileProbe(objectsDirectory).isDirectory else {
      throw GitError(
        code: .notFound, operation: "git_odb_open", subject: objectsDirectory, message: "no such directory")
    }
    var opened: OpaquePointer?
    try check(
      PathText.withCString(objectsDirectory) { git_odb_open(&opened, $0) }, "git_odb_open", on: objectsDirectory)
    handle = try required(opened, "git_odb_open", on: objectsDirectory)
    try LooseObjectBackend(objectsDirectory: objectsDirectory).add(to: handle)
  }

  deinit { git_odb_free(handle) }

  /// Makes the objects of one more pack visible; for a pack in staging, before it gets its place in the repository.
  ///
  /// The pack and its index must stay where they are as long as this database lives. Its objects are found before those
  /// of the directory. Corresponds to `git_odb_backend_one_pack`.
  package func addPack(indexPath: String) throws(GitError) {
    // libgit2 opens the files only at the first lookup and would then call every object of the pack missing.
    for path in [indexPath, Self.packPath(ofIndex: indexPath)] where !FileProbe(path).isFile {
      throw GitError(code: .notFound, operation: "git_odb_backend_one_pack", subject: path, message: "no such file")
    }
    var backend: UnsafeMutablePointer<git_odb_backend>?
    try check(
      PathText.withCString(indexPath) { git_odb_backend_one_pack(&backend, $0) }, "git_odb_backend_one_pack",
      on: indexPath)
    let status = git_odb_add_backend(handle, backend, LooseObjectBackend.priority + 2)
    guard status < 0 else { return }
    let error = GitError.last(status, "git_odb_add_backend", on: indexPath)
    // From success on the database owns the backend; now it is still ours.
    backend?.pointee.free?(backend)
    throw error
  }

  /// Makes the loose objects of an `objects` directory visible, and none of its packs.
  ///
  /// Corresponds to `git_odb_backend_loose`.
  package func addLooseObjects(objectsDirectory: String) throws(GitError) {
    var backend: UnsafeMutablePointer<git_odb_backend>?
    try check(
      PathText.withCString(objectsDirectory) { git_odb_backend_loose(&backend, $0, -1, 0, 0, 0) },
      "git_odb_backend_loose", on: objectsDirectory)
    let status = git_odb_add_backend(handle, backend, LooseObjectBackend.priority - 1)
    guard status >= 0 else {
      let error = GitError.last(status, "git_odb_add_backend", on: objectsDirectory)
      // From success on the database owns the backend; now it is still ours.
      backend?.pointee.free?(backend)
      throw error
    }
    try LooseObjectBackend(objectsDirectory: objectsDirectory).add(to: handle)
  }

  private static func packPath(ofIndex path: String) -> String {
    path.hasSuffix(".idx") ? String(path.dropLast(4)) + ".pack" : path
  }

  /// Looks again for packs that others have added or removed. One directory scan.
  ///
  /// Corresponds to `git_odb_refresh`.
  package func refresh() throws(GitError) {
    try check(git_odb_refresh(handle), "git_odb_refresh")
  }
}
