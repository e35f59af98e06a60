package import DurableFiles
package import SystemPackage

/// A file system with a word to the test before and after every change, and in the middle of each write.
package struct WatchedFileSystem: FileSystemPort {
  /// What is done (`write`, `synchronize`, `rename`, …), on what, and whether it is done already.
  package let watch: @Sendable (_ operation: String, _ path: FilePath, _ isDone: Bool) -> Void
  private let real: any FileSystemPort

  /// - Parameter files: what does the work.
  package init(
    over files: any FileSystemPort = RealFileSystem(), _ watch: @escaping @Sendable (String, FilePath, Bool) -> Void
  ) {
    real = files
    self.watch = watch
  }

  private func change<Result>(
    _ operation: String, _ path: FilePath, _ body: () throws(FileError) -> Result
  ) throws(FileError) -> Result {
    watch(operation, path, false)
    let result = try body()
    watch(operation, path, true)
    return result
  }

  package func status(of path: FilePath) throws(FileError) -> FileStatus? { try real.status(of: path) }
  package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try real.contents(of: path, limit: limit)
  }
  package func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] { try real.entries(of: directory) }
  package func availableBytes(at path: FilePath) throws(FileError) -> UInt64 { try real.availableBytes(at: path) }

  package func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try change("make", path) { () throws(FileError) in try real.makeDirectory(path, permissions: permissions) }
  }
  package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try change("create", path) { () throws(FileError) in try real.create(path, permissions: permissions) }
    return WatchedFile(file: file, path: path, watch: watch)
  }
  package func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    let file = try change("open", path) { () throws(FileError) in
      try real.openForAppending(path, permissions: permissions)
    }
    return WatchedFile(file: file, path: path, watch: watch)
  }
  package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    try change("rename", to) { () throws(FileError) in try real.rename(from, to: to) }
  }
  package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    try change("exchange", first) { () throws(FileError) in try real.exchange(first, with: second) }
  }
  package func link(_ from: FilePath, to: FilePath) throws(FileError) {
    try change("link", to) { () throws(FileError) in try real.link(from, to: to) }
  }
  package func unlink(_ path: FilePath) throws(FileError) {
    try change("unlink", path) { () throws(FileError) in try real.unlink(path) }
  }
  package func removeDirectory(_ path: FilePath) throws(FileError) {
    try change("remove", path) { () throws(FileError) in try real.removeDirectory(path) }
  }
  package func synchronizeFile(_ path: FilePath) throws(FileError) {
    try change("synchronize", path) { () throws(FileError) in try real.synchronizeFile(path) }
  }
  package func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    try change("synchronize", path) { () throws(FileError) in try real.synchronizeDirectory(path) }
  }
}

private final class WatchedFile: WritableFile {
  private let file: any WritableFile
  private let path: FilePath
  private let watch: @Sendable (String, FilePath, Bool) -> Void

  init(file: any WritableFile, path: FilePath, watch: @escaping @Sendable (String, FilePath, Bool) -> Void) {
    self.file = file
    self.path = path
    self.watch = watch
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    watch("write", path, false)
    try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]))
    watch("write", path, false)
    try file.write(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count / 2)...]))
    watch("write", path, true)
  }
  func truncate(to length: Int) throws(FileError) {
    watch("truncate", path, false)
    try file.truncate(to: length)
    watch("truncate", path, true)
  }
  func synchronize() throws(FileError) {
    watch("synchronize", path, false)
    try file.synchronize()
    watch("synchronize", path, true)
  }
  func setPermissions(_ permissions: FilePermissions) throws(FileError) { try file.setPermissions(permissions) }
  func close() throws(FileError) { try file.close() }
  var length: Int { get throws(FileError) { try file.length } }
}
