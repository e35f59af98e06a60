internal import CLibgit2
internal import GitValues
internal import Glibc

/// Stands before libgit2's reader of loose objects and answers for every file that is there (why: `LooseObject`).
///
/// A `git_odb_backend` with nothing but reading. Whether an object exists and how large it is libgit2 still finds by
/// itself; that part ends on any file.
final class LooseObjectBackend {
  /// Asked after the packs and before libgit2's own; see `Library`.
  static let priority: Int32 = 2

  private let directory: String

  init(objectsDirectory: String) { directory = objectsDirectory }

  /// Makes the C half and gives it to the database, which frees it with itself.
  ///
  /// Corresponds to `git_odb_init_backend` and `git_odb_add_backend`.
  func add(to database: OpaquePointer) throws(GitError) {
    let backend = UnsafeMutablePointer<remora_odb_backend>.allocate(capacity: 1)
    backend.initialize(to: remora_odb_backend())
    let base = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: git_odb_backend.self)
    git_odb_init_backend(base, UInt32(GIT_ODB_BACKEND_VERSION))
    backend.pointee.context = Unmanaged.passRetained(self).toOpaque()
    base.pointee.read = { data, size, type, backend, oid in
      guard let data, let size, let type, let backend, let oid else { return GIT_EINVALID.rawValue }
      return LooseObjectBackend.of(backend).read(data, size, type, backend, ObjectID(oid.pointee))
    }
    // Without one libgit2 would read whole objects to learn a size.
    base.pointee.read_header = { _, _, _, _ in GIT_ENOTFOUND.rawValue }
    base.pointee.free = { LooseObjectBackend.free($0) }
    let status = git_odb_add_backend(database, base, Self.priority)
    guard status < 0 else { return }
    let error = GitError.last(status, "git_odb_add_backend", on: directory)
    Self.free(base)
    throw error
  }

  private static func of(_ backend: UnsafeMutablePointer<git_odb_backend>) -> LooseObjectBackend {
    let ours = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: remora_odb_backend.self)
    guard let context = ours.pointee.context else { preconditionFailure("a backend of ours without its context") }
    return Unmanaged<LooseObjectBackend>.fromOpaque(context).takeUnretainedValue()
  }

  private static func free(_ backend: UnsafeMutablePointer<git_odb_backend>?) {
    guard let backend else { return }
    let ours = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: remora_odb_backend.self)
    if let context = ours.pointee.context { Unmanaged<LooseObjectBackend>.fromOpaque(context).release() }
    ours.deinitialize(count: 1)
    ours.deallocate()
  }

  private func read(
    _ data: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ size: UnsafeMutablePointer<Int>,
    _ type: UnsafeMutablePointer<git_object_t>, _ backend: UnsafeMutablePointer<git_odb_backend>, _ oid: ObjectID
  ) -> Int32 {
    let hex = oid.hex
    guard let file = FileContent("\(directory)/\(hex.prefix(2))/\(hex.dropFirst(2))") else {
      if errno == ENOENT || errno == ENOTDIR { return GIT_ENOTFOUND.rawValue }
      git_error_set_str(Int32(bitPattern: GIT_ERROR_OS.rawValue), "cannot read loose object")
      return GIT_ERROR.rawValue
    }
    do throws(GitError) {
      let object = try LooseObject(
        file.bytes, allocate: { git_odb_backend_data_alloc(backend, $0) },
        release: { git_odb_backend_data_free(backend, $0) })
      data.pointee = object.content
      size.pointee = object.size
      type.pointee = object.type.gitType
      return 0
    } catch {
      let errorClass = error.errorClass == .memory ? GIT_ERROR_NOMEMORY : GIT_ERROR_ODB
      git_error_set_str(Int32(bitPattern: errorClass.rawValue), error.message)
      return GIT_ERROR.rawValue
    }
  }
}
