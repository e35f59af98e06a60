import DurableFiles
import SystemPackage

/// Turns images of a disk into real directories, in memory.
final class CrashLayout {
  /// Read-only files from this size on (packs) are linked to one stored copy instead of being written for each state.
  private static let linkedFromBytes = 64 << 10
  private let memory: MemoryDirectory
  private let fixture: DirectoryHandle
  private let store: DirectoryHandle
  private let names: DiskNameTable

  init(_ names: DiskNameTable) throws {
    self.names = names
    memory = try MemoryDirectory("remora-crash")
    fixture = try DirectoryHandle(path: memory.path)
    try fixture.makeDirectory(CrashLayout.text("contents"), FilePermissions(rawValue: 0o700))
    store = try DirectoryHandle(CrashLayout.text("contents"), in: fixture)
  }

  /// - Returns: the directory that stands for the recorded root.
  func lay(_ image: DiskImage, number: Int) throws -> FilePath {
    try lay(DiskImage.root, image, CrashLayout.text("\(number)"), in: fixture)
    return memory.path.appending("\(number)")
  }

  func clear(number: Int) throws {
    try fixture.removeTree(CrashLayout.text("\(number)"))
  }

  private func lay(
    _ inode: DiskInode, _ image: DiskImage, _ name: [CChar], in parent: borrowing DirectoryHandle
  ) throws {
    switch image[inode] {
    case .directory(let entries, let permissions)?:
      // Always ours to enter, whatever the original said: the check has to read it.
      try parent.makeDirectory(name, permissions.union(FilePermissions(rawValue: 0o700)))
      let handle = try DirectoryHandle(name, in: parent)
      for (inner, inode) in entries { try lay(inode, image, names[inner], in: handle) }
    case .file(let content, let permissions)?:
      try lay(content, permissions, name, in: parent)
    case .link(let target)?:
      try parent.makeLink(name, to: target)
    case nil:
      preconditionFailure("a name without an inode")
    }
  }

  private func lay(
    _ content: DiskContent, _ permissions: FilePermissions, _ name: [CChar], in parent: borrowing DirectoryHandle
  ) throws {
    let isReadOnly = permissions.isDisjoint(with: FilePermissions(rawValue: 0o222))
    guard isReadOnly, content.bytes.count >= CrashLayout.linkedFromBytes else {
      try parent.makeFile(name, permissions, content.bytes)
      return
    }
    let stored = CrashLayout.text("\(content.number)-\(permissions.rawValue)")
    if !store.exists(stored) { try store.makeFile(stored, permissions, content.bytes) }
    try parent.link(name, to: stored, in: store)
  }

  private static func text(_ string: String) -> [CChar] { Array(string.utf8CString) }
}
