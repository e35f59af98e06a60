internal import Glibc
package import SystemPackage

/// What the last failed call of this thread left behind.
func lastErrno() -> Errno { Errno(rawValue: errno) }

/// Calls again as long as a signal interrupts: signals carry no meaning for file calls of ours, cancellation has its
/// own flag.
///
/// - Returns: the first result that is not a failure with `EINTR`. `errno` is still that of the failed call.
func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// One call on one path that answers 0 or fails.
func checkCall(
  _ operation: String, _ path: FilePath, _ call: (UnsafePointer<CChar>) -> CInt
) throws(FileError) {
  let result = path.withPlatformString { name in retryingInterrupts { call(name) } }
  guard result != -1 else { throw FileError.last(operation, path) }
}

/// Opens close-on-exec, never follows a link in the last component, never waits for a peer (a FIFO in place of a file
/// would otherwise hold the thread for ever).
func openDescriptor(
  _ path: FilePath, _ flags: CInt, _ permissions: FilePermissions, _ operation: String
) throws(FileError) -> CInt {
  let descriptor = path.withPlatformString { name in
    retryingInterrupts { open(name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, permissions.rawValue) }
  }
  guard descriptor != -1 else { throw FileError.last(operation, path) }
  return descriptor
}

/// Closes and gives the kernel's complaint, if any.
///
/// Never repeated: on Linux the descriptor is free even after `EINTR`, and its number may already belong to another
/// thread (close(2)).
func closeDescriptor(_ descriptor: CInt, _ operation: String, _ path: FilePath) throws(FileError) {
  guard close(descriptor) == -1, errno != EINTR else { return }
  throw FileError.last(operation, path)
}

/// The status of an open file.
///
/// - Throws: `FileError` of fstat(2).
package func descriptorStatus(_ descriptor: CInt, _ operation: String, _ path: FilePath) throws(FileError) -> FileStatus
{
  var raw = stat()
  guard fstat(descriptor, &raw) == 0 else { throw FileError.last(operation, path) }
  return FileStatus(raw)
}

/// An open directory stream, closed when it is dropped.
struct DirectoryReader: ~Copyable {
  private let path: FilePath
  private let stream: OpaquePointer

  /// Opens; a link to a directory is refused (`ENOTDIR`), so that a walk never leaves its tree.
  init(_ path: FilePath) throws(FileError) {
    let descriptor = try openDescriptor(path, O_RDONLY | O_DIRECTORY, [], "list")
    guard let stream = fdopendir(descriptor) else {
      let failure = FileError.last("list", path)
      close(descriptor)
      throw failure
    }
    self.path = path
    self.stream = stream
  }

  deinit {
    closedir(stream)
  }

  /// All names but `.` and `..`, sorted bytewise so that two runs see the same order.
  func read(limit: Int) throws(FileError) -> [DirectoryEntry] {
    var found: [(bytes: [UInt8], entry: DirectoryEntry)] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      // The record is as long as its name needs, often shorter than the struct: point into it, never copy it whole.
      guard let name = DirectoryReader.name(of: entry) else { continue }
      guard found.count < limit else {
        throw FileError(.overflow, "list", path, hint: "it has more than \(limit) entries")
      }
      let known = DirectoryEntry(name: name, kind: try kind(of: entry, name))
      found.append((known.nameBytes, known))
    }
    let code = lastErrno()
    guard code.rawValue == 0 else { throw FileError(code, "list", path) }
    found.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    return found.map(\.entry)
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> FilePath.Component? {
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else {
      preconditionFailure("a field of a C struct has an offset")
    }
    let text = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
    guard let name = FilePath.Component(platformString: text), name.kind == .regular else { return nil }
    return name
  }

  private func kind(
    of entry: UnsafeMutablePointer<dirent>, _ name: FilePath.Component
  ) throws(FileError) -> FileKind {
    if let kind = FileKind(entryType: entry.pointee.d_type) { return kind }
    var raw = stat()
    let result = name.withPlatformString { fstatat(dirfd(stream), $0, &raw, AT_SYMLINK_NOFOLLOW) }
    if result == 0 { return FileKind(mode: raw.st_mode) }
    // Removed since it was listed: what it was no longer matters, the next call on it finds it missing.
    guard lastErrno() == .noSuchFileOrDirectory else { throw FileError.last("list", path.appending(name)) }
    return .other
  }
}
