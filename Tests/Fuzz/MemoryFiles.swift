import DurableFiles
import Synchronization
import SystemPackage

/// Files that are only in memory, as far as the readers and writers under test use the port; everything else is refused.
final class MemoryFiles: FileSystemPort {
  private let contents = Mutex<[FilePath: [UInt8]]>([:])

  subscript(path: FilePath) -> [UInt8]? {
    get { contents.withLock { $0[path] } }
    set { contents.withLock { $0[path] = newValue } }
  }

  func status(of path: FilePath) throws(FileError) -> FileStatus? {
    guard let bytes = self[path] else { return nil }
    let time = FileTime(seconds: 0, nanoseconds: 0)
    return FileStatus(
      kind: .regular, device: 1, inode: 1, size: Int64(bytes.count), modified: time, changed: time, owner: 0,
      permissions: .ownerReadWrite, linkCount: 1)
  }

  func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? { self[path] }

  func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] {
    contents.withLock { contents in
      contents.keys.sorted { $0.string < $1.string }.compactMap { path in
        path.lastComponent.map { DirectoryEntry(name: $0, kind: .regular) }
      }
    }
  }

  func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    self[path] = []
    return File(self, path)
  }

  func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    self[to] = self[from]
    self[from] = nil
  }

  func unlink(_ path: FilePath) throws(FileError) { self[path] = nil }
  func synchronizeFile(_ path: FilePath) throws(FileError) {}
  func synchronizeDirectory(_ path: FilePath) throws(FileError) {}

  func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) { throw refused(path) }
  func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    throw refused(path)
  }
  func exchange(_ first: FilePath, with second: FilePath) throws(FileError) { throw refused(first) }
  func link(_ from: FilePath, to: FilePath) throws(FileError) { throw refused(from) }
  func removeDirectory(_ path: FilePath) throws(FileError) { throw refused(path) }
  func availableBytes(at path: FilePath) throws(FileError) -> UInt64 { throw refused(path) }

  private func refused(_ path: FilePath) -> FileError { FileError(.notSupported, "use", path) }

  private final class File: WritableFile {
    private let files: MemoryFiles
    private let path: FilePath

    init(_ files: MemoryFiles, _ path: FilePath) {
      self.files = files
      self.path = path
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) { files[path, default: []] += bytes }
    func truncate(to length: Int) throws(FileError) { throw files.refused(path) }
    func synchronize() throws(FileError) {}
    func setPermissions(_ permissions: FilePermissions) throws(FileError) {}
    func close() throws(FileError) {}
    var length: Int { get throws(FileError) { files[path]?.count ?? 0 } }
  }

  private subscript(path: FilePath, default empty: [UInt8]) -> [UInt8] {
    get { self[path] ?? empty }
    set { self[path] = newValue }
  }
}
