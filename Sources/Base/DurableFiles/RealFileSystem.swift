internal import CLinux
internal import Glibc
package import SystemPackage

/// The file system of the kernel, through the plain calls.
package struct RealFileSystem: FileSystemPort {
  /// The most names that one directory listing holds in memory; more is an error (`EOVERFLOW`). A bare repository has
  /// no directory near it, for its refs are packed.
  private let maximumEntries: Int

  package init(maximumEntries: Int = 1_000_000) {
    self.maximumEntries = maximumEntries
  }

  /// Whether the mode bits of a file say less than all about who may use it, because it has an access list (acl(5)).
  package static func hasAccessList(_ path: String) -> Bool { remora_has_access_list(path) != 0 }

  package func status(of path: FilePath) throws(FileError) -> FileStatus? {
    var raw = remora_status()
    let result = path.withPlatformString { name in retryingInterrupts { remora_status(name, &raw) } }
    if result == 0 { return FileStatus(raw) }
    let code = lastErrno()
    if code == .noSuchFileOrDirectory || code == .notDirectory { return nil }
    throw FileError(code, "look at", path)
  }

  package func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] {
    try DirectoryReader(directory).read(limit: maximumEntries)
  }

  package func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try checkCall("make directory", path) { mkdir($0, permissions.rawValue) }
  }

  package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let descriptor = try openDescriptor(path, O_WRONLY | O_CREAT | O_EXCL, permissions, "create")
    return RealWritableFile(descriptor: descriptor, path: path)
  }

  package func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let descriptor = try openDescriptor(path, O_WRONLY | O_CREAT | O_APPEND, permissions, "open for appending")
    let file = RealWritableFile(descriptor: descriptor, path: path)
    guard try descriptorStatus(descriptor, "open for appending", path).kind == .regular else {
      throw FileError(.invalidArgument, "open for appending", path, hint: "it is not a regular file")
    }
    return file
  }

  package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    let result = from.withPlatformString { old in
      to.withPlatformString { new in retryingInterrupts { Glibc.rename(old, new) } }
    }
    guard result == 0 else { throw FileError.last("rename to '\(to)'", from) }
  }

  package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    let result = first.withPlatformString { one in
      second.withPlatformString { other in retryingInterrupts { remora_exchange(one, other) } }
    }
    guard result == 0 else { throw FileError.last("exchange with '\(second)'", first) }
  }

  package func link(_ from: FilePath, to: FilePath) throws(FileError) {
    let result = from.withPlatformString { old in
      to.withPlatformString { new in retryingInterrupts { Glibc.link(old, new) } }
    }
    guard result == 0 else { throw FileError.last("link to '\(to)'", from) }
  }

  package func unlink(_ path: FilePath) throws(FileError) {
    try checkCall("remove", path) { Glibc.unlink($0) }
  }

  package func removeDirectory(_ path: FilePath) throws(FileError) {
    try checkCall("remove directory", path) { rmdir($0) }
  }

  package func availableBytes(at path: FilePath) throws(FileError) -> UInt64 {
    var raw = statvfs()
    try checkCall("measure the free space of", path) { statvfs($0, &raw) }
    return UInt64(raw.f_bavail) * UInt64(raw.f_frsize)
  }
}

extension RealFileSystem {
  package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    precondition(limit >= 0 && limit < Int.max, "a limit is a number of bytes")
    let descriptor: CInt
    do {
      descriptor = try openDescriptor(path, O_RDONLY, [], "read")
    } catch {
      if error.code == .noSuchFileOrDirectory || error.code == .notDirectory { return nil }
      throw error
    }
    // Nothing was written: the close has nothing to report.
    defer { close(descriptor) }
    let status = try descriptorStatus(descriptor, "read", path)
    switch status.kind {
    case .regular: break
    case .directory: throw FileError(.isDirectory, "read", path)
    case .symbolicLink, .other:
      throw FileError(.invalidArgument, "read", path, hint: "it is not a regular file")
    }
    guard status.size <= Int64(limit) else { throw RealFileSystem.tooLarge(path, limit) }
    return try RealFileSystem.readAll(descriptor, expected: Int(status.size), limit: limit, path)
  }

  /// Reads to the end, which a writer may have moved since `expected` was measured.
  private static func readAll(
    _ descriptor: CInt, expected: Int, limit: Int, _ path: FilePath
  ) throws(FileError) -> [UInt8] {
    let step = 65_536
    var length = 0
    // One byte more than expected: the read that finds the end needs no second round. Not filled with zeros first: a large file
    // would cost as much for that as for reading it.
    var failure = false
    var isAtEnd = false
    var bytes = [UInt8](unsafeUninitializedCapacity: expected + 1) { buffer, filled in
      while filled < buffer.count, !isAtEnd, !failure {
        let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled...]))
        let count = retryingInterrupts { read(descriptor, rest.baseAddress, rest.count) }
        failure = count == -1
        isAtEnd = count == 0
        filled += max(count, 0)
      }
      length = filled
    }
    if failure { throw FileError.last("read", path) }
    while !isAtEnd {
      guard length <= limit else { throw tooLarge(path, limit) }
      bytes.append(contentsOf: repeatElement(0, count: step))
      let count = bytes.withUnsafeMutableBytes { buffer in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
        return retryingInterrupts { read(descriptor, rest.baseAddress, rest.count) }
      }
      guard count != -1 else { throw FileError.last("read", path) }
      isAtEnd = count == 0
      length += count
      bytes.removeLast(bytes.count - length)
    }
    guard length <= limit else { throw tooLarge(path, limit) }
    return bytes
  }

  private static func tooLarge(_ path: FilePath, _ limit: Int) -> FileError {
    FileError(.fileTooLarge, "read", path, hint: "it is larger than \(limit) bytes")
  }
}

extension RealFileSystem {
  package func synchronizeFile(_ path: FilePath) throws(FileError) {
    // Reading rights are enough for fsync(2), and a pack of libgit2's is read-only.
    try synchronize(path, O_RDONLY, "synchronize")
  }

  package func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    do {
      try synchronize(path, O_RDONLY | O_DIRECTORY, "synchronize directory")
    } catch {
      // Some network and FUSE file systems refuse it (`EINVAL`). Then the operation fails: the guarantee that a copy
      // survives a loss of power does not hold there.
      guard error.code == .invalidArgument else { throw error }
      throw FileError(
        error.code, error.operation, error.path,
        hint: "this file system cannot make a directory durable; use a local one")
    }
  }

  private func synchronize(_ path: FilePath, _ flags: CInt, _ operation: String) throws(FileError) {
    let descriptor = try openDescriptor(path, flags, [], operation)
    let result = retryingInterrupts { fsync(descriptor) }
    // Taken at once: closing may change errno.
    let failure = result == 0 ? nil : FileError.last(operation, path)
    close(descriptor)
    if let failure { throw failure }
  }
}

/// An open descriptor of the kernel, closed when it is dropped.
final class RealWritableFile: WritableFile {
  private let path: FilePath
  /// Nil once closed.
  private var descriptor: CInt?

  /// Takes ownership of the descriptor.
  init(descriptor: CInt, path: FilePath) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    if let descriptor { Glibc.close(descriptor) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    let descriptor = try open("write")
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = retryingInterrupts { Glibc.write(descriptor, rest.baseAddress, rest.count) }
      guard count != -1 else { throw FileError.last("write", path) }
      written += count
    }
  }

  func truncate(to length: Int) throws(FileError) {
    precondition(length >= 0, "a length is not negative")
    let descriptor = try open("truncate")
    guard retryingInterrupts({ ftruncate(descriptor, off_t(length)) }) == 0,
      lseek(descriptor, off_t(length), SEEK_SET) != -1
    else { throw FileError.last("truncate", path) }
  }

  func synchronize() throws(FileError) {
    let descriptor = try open("synchronize")
    guard retryingInterrupts({ fsync(descriptor) }) == 0 else { throw FileError.last("synchronize", path) }
  }

  func setPermissions(_ permissions: FilePermissions) throws(FileError) {
    let descriptor = try open("set the permissions of")
    guard retryingInterrupts({ fchmod(descriptor, permissions.rawValue) }) == 0 else {
      throw FileError.last("set the permissions of", path)
    }
  }

  func close() throws(FileError) {
    let descriptor = try open("close")
    self.descriptor = nil
    try closeDescriptor(descriptor, "close", path)
  }

  var length: Int {
    get throws(FileError) {
      Int(try descriptorStatus(try open("measure"), "measure", path).size)
    }
  }

  private func open(_ operation: String) throws(FileError) -> CInt {
    guard let descriptor else { throw FileError(.badFileDescriptor, operation, path) }
    return descriptor
  }
}
