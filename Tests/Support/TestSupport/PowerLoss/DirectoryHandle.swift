import DurableFiles
import Glibc
import SystemPackage

/// An open directory in which names are used as they are, without paths: the fast way to look at, lay out and remove
/// thousands of small trees.
struct DirectoryHandle: ~Copyable {
  private let descriptor: CInt
  /// For errors.
  private let place: FilePath

  /// The directory at a path.
  init(path: FilePath) throws(FileError) {
    place = path
    descriptor = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError(Errno(rawValue: errno), "open", path) }
  }

  /// A directory within another.
  init(_ name: [CChar], in parent: borrowing DirectoryHandle) throws(FileError) {
    place = parent.place
    descriptor = openat(parent.descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw parent.failure("open") }
  }

  deinit {
    close(descriptor)
  }

  /// Returns the names with their terminating zeros and what they stand for; one that goes meanwhile is left out.
  func entries() throws(FileError) -> [(name: [CChar], stamp: DiskStamp)] {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let stream = fdopendir(copy) else { throw failure("list") }
    defer { closedir(stream) }
    rewinddir(stream)
    var found: [(name: [CChar], stamp: DiskStamp)] = []
    while let entry = readdir(stream) {
      let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
      let text = start.assumingMemoryBound(to: CChar.self)
      let name = Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
      if strcmp(text, ".") == 0 || strcmp(text, "..") == 0 { continue }
      var raw = stat()
      guard fstatat(descriptor, name, &raw, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      found.append((name, DiskStamp(raw)))
    }
    return found
  }

  /// Returns the bytes of a file, up to a bound; nil when it is gone.
  func contents(of name: [CChar], limit: Int) throws(FileError) -> [UInt8]? {
    let file = openat(descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("read")
    }
    defer { close(file) }
    var raw = stat()
    guard fstat(file, &raw) == 0 else { throw failure("read") }
    guard Int(raw.st_size) <= limit else { throw FileError(.fileTooLarge, "record", place) }
    // Cut where the file ends, should it have shrunk; what it grows meanwhile is seen at the next look.
    var length = 0
    var bytes = [UInt8](repeating: 0, count: Int(raw.st_size))
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + length, $0.count - length) }
      guard count >= 0 else { throw failure("read") }
      if count == 0 { break }
      length += count
    }
    bytes.removeLast(bytes.count - length)
    return bytes
  }

  /// Returns what a link leads to, with a terminating zero.
  func target(of name: [CChar]) throws(FileError) -> [CChar] {
    var buffer = [CChar](repeating: 0, count: 4_097)
    let count = readlinkat(descriptor, name, &buffer, buffer.count - 1)
    guard count >= 0 else { throw failure("read a link") }
    return Array(buffer.prefix(count + 1))
  }

  func makeDirectory(_ name: [CChar], _ permissions: FilePermissions) throws(FileError) {
    guard mkdirat(descriptor, name, permissions.rawValue) == 0 else { throw failure("make a directory") }
  }

  func makeLink(_ name: [CChar], to target: [CChar]) throws(FileError) {
    guard symlinkat(target, descriptor, name) == 0 else { throw failure("make a link") }
  }

  func makeFile(_ name: [CChar], _ permissions: FilePermissions, _ bytes: [UInt8]) throws(FileError) {
    let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions.rawValue)
    guard file >= 0 else { throw failure("make a file") }
    defer { close(file) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(file, $0.baseAddress! + written, $0.count - written) }
      guard count >= 0 else { throw failure("write") }
      written += count
    }
  }

  /// Gives a file of another directory a name here.
  func link(_ name: [CChar], to other: [CChar], in source: borrowing DirectoryHandle) throws(FileError) {
    guard linkat(source.descriptor, other, descriptor, name, 0) == 0 else { throw failure("link") }
  }

  func exists(_ name: [CChar]) -> Bool { faccessat(descriptor, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }

  /// Removes a directory with all that is in it.
  func removeTree(_ name: [CChar]) throws(FileError) {
    do {
      let inner = try DirectoryHandle(name, in: self)
      for entry in try inner.entries() {
        if entry.stamp.kind == .directory {
          try inner.removeTree(entry.name)
        } else if unlinkat(inner.descriptor, entry.name, 0) != 0 {
          throw failure("remove")
        }
      }
    }
    guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else { throw failure("remove a directory") }
  }

  private func failure(_ operation: String) -> FileError {
    FileError(Errno(rawValue: errno), operation + " in", place)
  }
}
