import DurableFiles
import Glibc
import SystemPackage

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
    guard try status().st_mode & S_IFMT == S_IFREG else {
      throw FileError(.invalidArgument, "read", path, hint: "it is not a regular file")
    }
  }

  private func status() throws(FileError) -> stat {
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else { throw FileError(Errno(rawValue: errno), "look at", path) }
    return raw
  }

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
