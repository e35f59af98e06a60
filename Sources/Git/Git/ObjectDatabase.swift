internal import CLibgit2
package import GitValues
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

extension ObjectDatabase {
  /// True when the object is there now. Does not look whether it can be read, nor for packs added since `refresh()`:
  /// a miss would otherwise scan the pack directory each time.
  ///
  /// Corresponds to `git_odb_exists_ext` with `GIT_ODB_LOOKUP_NO_REFRESH`.
  package func contains(_ oid: ObjectID) -> Bool {
    var id = oid.gitOID
    return git_odb_exists_ext(handle, &id, GIT_ODB_LOOKUP_NO_REFRESH.rawValue) == 1
  }

  /// Type and size in bytes without reading the whole object; `nil` when it is not there.
  ///
  /// Corresponds to `git_odb_read_header`.
  /// - Throws: `objectCorrupt` when it is there but cannot be read.
  package func header(of oid: ObjectID) throws(GitError) -> (type: ObjectType, size: Int)? {
    var id = oid.gitOID
    var size = 0
    var type = GIT_OBJECT_INVALID
    let status = git_odb_read_header(&size, &type, handle, &id)
    guard status >= 0 else {
      guard let error = Self.failure(status, "git_odb_read_header", oid) else { return nil }
      throw error
    }
    guard let known = ObjectType(type) else { throw Self.unknownType(type, "git_odb_read_header", oid) }
    return (known, size)
  }

  /// Lends an object's content to `body`; the bytes must not leave it. `nil` when the object is not there.
  ///
  /// The whole object is in memory meanwhile; ask `header(of:)` first where it may be a large blob.
  /// Corresponds to `git_odb_read`.
  /// - Throws: `objectCorrupt` when it is there but cannot be read, and whatever `body` throws.
  package func read<Result>(
    _ oid: ObjectID, _ body: (ObjectType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    var id = oid.gitOID
    var object: OpaquePointer?
    let status = git_odb_read(&object, handle, &id)
    guard status >= 0 else {
      guard let error = Self.failure(status, "git_odb_read", oid) else { return nil }
      throw error
    }
    defer { git_odb_object_free(object) }
    let type = git_odb_object_type(object)
    guard let known = ObjectType(type) else { throw Self.unknownType(type, "git_odb_read", oid) }
    return try body(
      known, UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
  }

  /// The id that an object of this type and content has. Uses SHA-1 with collision detection, as git does.
  ///
  /// Corresponds to `git_odb_hash`.
  package static func hash(_ type: ObjectType, _ content: UnsafeRawBufferPointer) throws(GitError) -> ObjectID {
    try Library.start()
    var oid = git_oid()
    try check(git_odb_hash(&oid, content.baseAddress, content.count, type.gitType), "git_odb_hash")
    return ObjectID(oid)
  }

  /// Returns `nil` for a missing object. Any other failure that is not the machine's is damage.
  private static func failure(_ status: Int32, _ call: StaticString, _ oid: ObjectID) -> GitError? {
    let error = GitError.last(status, call, on: oid.hex)
    if error.code == .notFound { return nil }
    return error.isFromSystem ? error : error.recoded(.objectCorrupt)
  }

  private static func unknownType(_ type: git_object_t, _ call: StaticString, _ oid: ObjectID) -> GitError {
    GitError(
      code: .objectCorrupt, operation: "\(call)", subject: oid.hex, message: "unknown object type \(type.rawValue)")
  }
}

extension ObjectDatabase {
  /// Follows annotated tags to their end; the oid itself for anything else, `nil` when an object is missing.
  ///
  /// - Throws: `GitError` for an object that is there but damaged.
  package func peel(_ oid: ObjectID) throws -> ObjectID? {
    var oid = oid
    while let header = try header(of: oid) {
      guard header.type == .tag else { return oid }
      guard let target = try read(oid, { _, bytes in try TagParser(bytes).target }) else { return nil }
      oid = target
    }
    return nil
  }
}

/// The four kinds of git objects.
package enum ObjectType: Hashable, Sendable {
  case commit
  case tree
  case blob
  case tag

  init?(_ type: git_object_t) {
    switch type {
    case GIT_OBJECT_COMMIT: self = .commit
    case GIT_OBJECT_TREE: self = .tree
    case GIT_OBJECT_BLOB: self = .blob
    case GIT_OBJECT_TAG: self = .tag
    default: return nil
    }
  }

  var gitType: git_object_t {
    switch self {
    case .commit: GIT_OBJECT_COMMIT
    case .tree: GIT_OBJECT_TREE
    case .blob: GIT_OBJECT_BLOB
    case .tag: GIT_OBJECT_TAG
    }
  }

  /// As objects and `git cat-file -t` spell it.
  package var name: StaticString {
    switch self {
    case .commit: "commit"
    case .tree: "tree"
    case .blob: "blob"
    case .tag: "tag"
    }
  }
}

extension ObjectID {
  init(_ oid: git_oid) {
    self = withUnsafeBytes(of: oid) { ObjectID(rawBytes: $0) }
  }

  /// The same id as libgit2 holds it.
  var gitOID: git_oid {
    var oid = git_oid()
    withBytes { bytes in
      withUnsafeMutableBytes(of: &oid) { $0.copyMemory(from: bytes) }
    }
    return oid
  }
}
