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

/// One loose object, inflated whole: `TYPE SIZE NUL CONTENT`, as in gitformat-loose(5).
///
/// In libgit2's place, because libgit2 1.5.1 never returns from a file that ends too early (`zstream.c`: no more input
/// is no error there, and the loop asks again). Files of that kind are what a power cut leaves.
struct LooseObject {
  /// The longest header, `commit` with a size of 20 digits, is 28 bytes.
  private static let maximumHeader = 32
  /// zlib cannot make a byte into more than 1032 (its technical notes): a larger claim is refused before memory is
  /// taken for it.
  private static let maximumRatio = 1032

  let type: ObjectType
  let size: Int
  /// Of `size` + 1 bytes, the last one NUL, as libgit2 wants it.
  let content: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - file: the compressed bytes, all of them.
  ///   - allocate: memory that the receiver of the content frees.
  ///   - release: gives it back when the object turns out to be damaged.
  /// - Throws: `objectCorrupt`.
  init(
    _ file: UnsafeRawBufferPointer, allocate: (Int) -> UnsafeMutableRawPointer?,
    release: (UnsafeMutableRawPointer) -> Void
  ) throws(GitError) {
    let inflater = try Inflater(file)
    var head: [UInt8] = []
    while head.last != 0 {
      guard head.count < Self.maximumHeader, let byte = inflater.nextByte() else {
        throw Self.corrupt("it has no header")
      }
      head.append(byte)
    }
    (type, size) = try Self.parse(head.dropLast())
    guard size <= (file.count + 1) * Self.maximumRatio else { throw Self.corrupt("its size cannot be true") }
    guard let memory = allocate(size + 1) else {
      throw GitError(code: .generic, errorClass: .memory, operation: "read loose object", message: "out of memory")
    }
    guard inflater.fill(UnsafeMutableRawBufferPointer(start: memory, count: size)), inflater.isAtEnd() else {
      release(memory)
      throw Self.corrupt("it is damaged or ends too early")
    }
    memory.storeBytes(of: 0, toByteOffset: size, as: UInt8.self)
    content = memory
  }

  private static func parse(_ head: ArraySlice<UInt8>) throws(GitError) -> (ObjectType, Int) {
    let parts = head.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2, let size = Int(String(decoding: parts[1], as: UTF8.self)), size >= 0,
      let type = [ObjectType.commit, .tree, .blob, .tag].first(where: { parts[0].elementsEqual("\($0.name)".utf8) })
    else { throw corrupt("its header is damaged") }
    return (type, size)
  }

  static func corrupt(_ message: String) -> GitError {
    GitError(code: .objectCorrupt, operation: "read loose object", message: message)
  }
}

/// All bytes of a file, read at once into memory of its own. Not mapped: a file that shrinks would be a SIGBUS.
final class FileContent {
  let bytes: UnsafeRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer

  /// `nil` when it cannot be read; `errno` says why.
  init?(_ path: String) {
    let file = PathText.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { return nil }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, Int(status.st_size)), alignment: 1)
    var filled = 0
    while filled < status.st_size {
      let count = read(file, memory.baseAddress.map { $0 + filled }, Int(status.st_size) - filled)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        memory.deallocate()
        return nil
      }
      if count == 0 { break }
      filled += count
    }
    self.memory = memory
    bytes = UnsafeRawBufferPointer(rebasing: memory[0..<filled])
  }

  deinit { memory.deallocate() }
}

/// zlib over a whole buffer. Every call makes progress or ends.
///
/// Corresponds to `inflateInit`, `inflate` and `inflateEnd`. Borrows the input: must not outlive it.
final class Inflater {
  /// At an address of its own: zlib keeps it, and refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private var status = Z_OK
  private var rest: UnsafeRawBufferPointer

  init(_ input: UnsafeRawBufferPointer) throws(GitError) {
    rest = input
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard remora_inflate_init(stream) == Z_OK else {
      throw GitError(code: .generic, errorClass: .memory, operation: "inflateInit", message: "zlib did not start")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func nextByte() -> UInt8? {
    var byte: UInt8 = 0
    return withUnsafeMutableBytes(of: &byte) { fill($0) } ? byte : nil
  }

  /// Inflates until the buffer is full; false when the stream does not have so much.
  func fill(_ output: UnsafeMutableRawBufferPointer) -> Bool {
    var filled = 0
    while filled < output.count {
      let count = step(UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
      guard count > 0 else { return false }
      filled += count
    }
    return true
  }

  /// True when the stream is complete, its checksum right, and nothing behind it.
  func isAtEnd() -> Bool {
    // The end may not have been looked at yet: with room for one more byte, none may come.
    var spare: UInt8 = 0
    let count = withUnsafeMutableBytes(of: &spare) { step($0) }
    return count == 0 && status == Z_STREAM_END && rest.isEmpty
  }

  /// Calls `inflate` until something comes out. Returns how much: 0 at the end, at damage, and when the input is used
  /// up, which `status` distinguishes.
  private func step(_ output: UnsafeMutableRawBufferPointer) -> Int {
    while status == Z_OK {
      // zlib counts in 32 bits.
      let input = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(UInt32.max)))
      let room = min(output.count, Int(UInt32.max))
      // It only reads the input; zlib.h has no const for the sake of old compilers.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(input.count)
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      status = inflate(stream, Z_NO_FLUSH)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(input.count - Int(stream.pointee.avail_in)))
      let produced = room - Int(stream.pointee.avail_out)
      if produced > 0 { return produced }
    }
    return 0
  }
}
