import DurableFiles
import SystemPackage

/// An open file of a `FaultyFileSystem`.
final class FaultyFile: WritableFile {
  private let file: any WritableFile
  private let path: FilePath
  private let files: FaultyFileSystem

  init(_ file: any WritableFile, _ path: FilePath, _ files: FaultyFileSystem) {
    self.file = file
    self.path = path
    self.files = files
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    do {
      try files.admit("write", path)
    } catch {
      // A disk that fills up takes what still fits: the code must cope with a part.
      try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]))
      throw error
    }
    try file.write(bytes)
  }

  func truncate(to length: Int) throws(FileError) {
    try files.admit("truncate", path)
    try file.truncate(to: length)
  }

  func synchronize() throws(FileError) {
    try files.admit("synchronize", path)
    try file.synchronize()
  }

  func setPermissions(_ permissions: FilePermissions) throws(FileError) {
    try files.admit("set permissions", path)
    try file.setPermissions(permissions)
  }

  func close() throws(FileError) {
    do {
      try files.admit("close", path)
    } catch {
      // The kernel takes the descriptor back even where it complains.
      try file.close()
      throw error
    }
    try file.close()
  }

  var length: Int {
    get throws(FileError) {
      try files.admit("measure", path, isRead: true)
      return try file.length
    }
  }
}
