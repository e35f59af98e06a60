internal import CLibgit2
package import GitValues

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
