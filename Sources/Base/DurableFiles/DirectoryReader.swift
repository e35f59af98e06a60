import Glibc
import SystemPackage

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
