import DurableFiles
import Glibc
import SystemPackage

extension BlobPlace {
  /// True when the root holds no names but our own.
  ///
  /// Reads the directory only up to the first other name: a root may hold a million, and this is asked for each file
  /// that is gone.
  func isEmpty() throws(FileError) -> Bool {
    guard let stream = opendir(root.string) else { throw FileError(Errno(rawValue: errno), "list", root) }
    defer { closedir(stream) }
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else {
      preconditionFailure("a field of a C struct has an offset")
    }
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = String(cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
      if name != ".", name != "..", !name.hasPrefix(Self.ownPrefix) { return false }
    }
    guard errno == 0 else { throw FileError(Errno(rawValue: errno), "list", root) }
    return true
  }
}
