import DurableFiles
import SystemPackage

/// Turns images of a disk into real directories, in memory.
struct CrashLayout {
  /// Read-only files from this size on (packs) are linked to one stored copy instead of being written for each state.
  private static let linkedFromBytes = 64 << 10
  private let ground: MemoryDirectory
  private let store: FilePath
  private let real = RealFileSystem()

  init() throws {
    ground = try MemoryDirectory("remora-crash")
    store = ground.path.appending("contents")
    try real.makeDirectory(store, permissions: FilePermissions(rawValue: 0o700))
  }

  /// - Returns: the directory that stands for the recorded root.
  func lay(_ image: DiskImage, number: Int) throws -> FilePath {
    let root = ground.path.appending("\(number)")
    try lay(DiskImage.root, image, root)
    return root
  }

  func clear(_ root: FilePath) throws {
    try real.removeTree(root)
  }

  private func lay(_ inode: DiskInode, _ image: DiskImage, _ path: FilePath) throws {
    switch image[inode] {
    case .directory(let entries, let permissions)?:
      // Always ours to enter, whatever the original said: the check has to read it.
      try real.makeDirectory(path, permissions: permissions.union(FilePermissions(rawValue: 0o700)))
      for (name, inner) in entries { try lay(inner, image, path.appending(name)) }
    case .file(let content, let permissions)?:
      try layFile(content, permissions, path)
    case .link(let target)?:
      try SystemLink.make(path, to: target)
    case nil:
      preconditionFailure("a name without an inode")
    }
  }

  private func layFile(_ content: DiskContent, _ permissions: FilePermissions, _ path: FilePath) throws {
    let isReadOnly = permissions.isDisjoint(with: FilePermissions(rawValue: 0o222))
    guard isReadOnly, content.bytes.count >= CrashLayout.linkedFromBytes else {
      try write(content, permissions, path)
      return
    }
    let stored = store.appending("\(content.number)")
    if try real.status(of: stored) == nil { try write(content, permissions, stored) }
    try real.link(stored, to: path)
  }

  private func write(_ content: DiskContent, _ permissions: FilePermissions, _ path: FilePath) throws {
    let file = try real.create(path, permissions: permissions)
    try file.write(content.bytes)
    try file.close()
  }
}
