internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// An open regular file that is sent to a client: later changes of its name have no effect.
final class ServedFile: Sendable {
  /// Bytes, when it was opened.
  let size: Int64
  /// Identifies the content: size, inode, and when content and inode last changed, to the nanosecond. A strong
  /// validator (RFC 9110 § 8.8.1), within the resolution of the file system's clock.
  let entityTag: String
  private let descriptor: CInt

  /// Opens without following a link anywhere below `root`, from directory to directory, and without waiting for a
  /// FIFO's writer.
  ///
  /// - Parameter path: relative to `root`, of plain names.
  /// - Throws: `ENOENT`; `ENOTDIR` or `ELOOP` for a link; `EISDIR` for anything but a regular file.
  init(root: Root, path: FilePath) throws(Errno) {
    var directory = try Self.open(root.descriptor, ".", O_RDONLY | O_DIRECTORY)
    defer { close(directory) }
    let names = path.components.map(\.string)
    for name in names.dropLast() {
      let next = try Self.open(directory, name, O_RDONLY | O_DIRECTORY)
      close(directory)
      directory = next
    }
    guard let last = names.last else { throw .isDirectory }
    let descriptor = try Self.open(directory, last, O_RDONLY)
    guard let status = try? descriptorStatus(descriptor, "send", path), status.kind == .regular else {
      close(descriptor)
      throw .isDirectory
    }
    self.descriptor = descriptor
    size = status.size
    let stamps = [status.modified, status.changed].map { $0.seconds &* 1_000_000_000 &+ Int64($0.nanoseconds) }
    let parts = [Int64(bitPattern: status.inode), size] + stamps
    entityTag = "\"" + parts.map { String(UInt64(bitPattern: $0), radix: 16) }.joined(separator: "-") + "\""
  }

  deinit { close(descriptor) }

  /// Reads up to `count` bytes from a position; empty after the end. Blocks.
  func read(at position: Int64, count: Int) throws(Errno) -> [UInt8] {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while true {
        let result = pread(descriptor, buffer.baseAddress, count, off_t(position))
        if result < 0, errno == EINTR { continue }
        if result < 0 { failure = Errno(rawValue: errno) }
        filled = max(0, result)
        return
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The directory that files are served from, open.
  final class Root {
    fileprivate let descriptor: CInt

    /// The operator configures the path, which may be a symbolic link.
    init(_ path: FilePath) throws(Errno) {
      descriptor = try ServedFile.open(AT_FDCWD, path.string, O_RDONLY | O_DIRECTORY, following: true)
    }

    deinit { close(descriptor) }
  }

  private static func open(
    _ directory: CInt, _ name: String, _ flags: CInt, following: Bool = false
  ) throws(Errno) -> CInt {
    while true {
      let found = openat(directory, name, flags | O_CLOEXEC | O_NONBLOCK | (following ? 0 : O_NOFOLLOW))
      if found >= 0 { return found }
      guard errno == EINTR else { throw Errno(rawValue: errno) }
    }
  }
}
