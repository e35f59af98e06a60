internal import Crypto
internal import DurableFiles
internal import Glibc
internal import Replication
internal import SystemPackage
internal import WorkerPool

/// A regular file, open for reading; closed when it is dropped. Used by one thread.
///
/// The port reads only whole, small files; content is read here, directly: reading loses nothing.
final class OpenFile {
  private let descriptor: CInt
  private let path: FilePath

  /// Opens without following a link in the last component, without waiting for a FIFO's writer.
  /// - Throws: `ENOENT`, `ELOOP` for a link, `EINVAL` for anything else but a regular file.
  init(_ path: FilePath) throws(FileError) {
    self.path = path
    descriptor = try Self.open(AT_FDCWD, path.string, O_RDONLY, path)
    try requireRegular()
  }

  /// Opens without following a link anywhere below `root`, from directory to directory, so that no link can lead it
  /// astray.
  /// - Throws: as above; `ENOTDIR` or `ELOOP` when a part of the way is no directory.
  init(below root: FilePath, _ path: FilePath) throws(FileError) {
    self.path = path
    let names = path.components.dropFirst(root.components.count).map(\.string)
    var directory = try Self.open(AT_FDCWD, root.string, O_RDONLY | O_DIRECTORY, path)
    defer { close(directory) }
    for name in names.dropLast() {
      let next = try Self.open(directory, name, O_RDONLY | O_DIRECTORY, path)
      close(directory)
      directory = next
    }
    descriptor = try Self.open(directory, names.last ?? ".", O_RDONLY, path)
    try requireRegular()
  }

  deinit { close(descriptor) }

  /// What fstat(2) says now.
  func stamp() throws(FileError) -> FileStamp { FileStamp(try status()) }

  /// Reads from a position; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(FileError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(position))
      if count >= 0 { return count }
      guard errno == EINTR else { throw FileError(Errno(rawValue: errno), "read", path) }
    }
  }

  private func requireRegular() throws(FileError) {
    guard try status().kind == .regular else {
      throw FileError(.invalidArgument, "read", path, hint: "it is not a regular file")
    }
  }

  private func status() throws(FileError) -> FileStatus { try descriptorStatus(descriptor, "look at", path) }

  private static func open(
    _ directory: CInt, _ name: String, _ flags: CInt, _ path: FilePath
  ) throws(FileError) -> CInt {
    while true {
      let descriptor = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      if descriptor != -1 { return descriptor }
      guard errno == EINTR else { throw FileError(Errno(rawValue: errno), "read", path) }
    }
  }
}

/// A file's digest with what the file looked like when it was read.
struct FileDigest {
  let checksum: Checksum
  let stamp: FileStamp

  /// Read at a time. Large enough to make the calls cheap, small enough to be asked often whether to stop.
  static let stepBytes = 256 << 10

  /// Reads a file to its end.
  /// - Returns: `nil` when it changed meanwhile.
  init?(reading file: OpenFile, cancellation: CancellationFlag) throws {
    let before = try file.stamp()
    var hasher = SHA256()
    let size = try Self.forEachPiece(of: file, cancellation: cancellation) { hasher.update(bufferPointer: $0) }
    guard try file.stamp() == before, size == before.size else { return nil }
    checksum = Checksum(sha256: hasher.finalize())
    stamp = before
  }

  /// Gives all bytes in order.
  /// - Returns: how many.
  static func forEachPiece(
    of file: OpenFile, cancellation: CancellationFlag, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int64 {
    try withUnsafeTemporaryAllocation(byteCount: stepBytes, alignment: 16) { buffer in
      var position: Int64 = 0
      while true {
        try cancellation.check()
        let count = try file.read(into: buffer, at: position)
        if count == 0 { return position }
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        position += Int64(count)
      }
    }
  }
}
