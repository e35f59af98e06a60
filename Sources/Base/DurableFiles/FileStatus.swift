internal import CLinux
internal import Glibc
package import SystemPackage

/// The result of lstat(2) for one name, which shows whether a file is still the one that was read before.
package struct FileStatus: Hashable, Sendable {
  package let kind: FileKind
  package let device: UInt64
  package let inode: UInt64
  /// Bytes.
  package let size: Int64
  /// When the content last changed. The owner may set it.
  package let modified: FileTime
  /// When content, owner, mode or links last changed. The kernel alone sets it.
  package let changed: FileTime
  /// The user id.
  package let owner: UInt32
  package let permissions: FilePermissions
  package let linkCount: UInt64
  /// When the inode was made; `nil` where the file system does not report it. With device and inode it identifies a
  /// file or directory permanently: an inode number alone is reused soon after its file is deleted.
  package let born: FileTime?

  /// A status made by hand, for tests and for values that were saved.
  package init(
    kind: FileKind, device: UInt64, inode: UInt64, size: Int64, modified: FileTime, changed: FileTime, owner: UInt32,
    permissions: FilePermissions, linkCount: UInt64, born: FileTime? = nil
  ) {
    self.kind = kind
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
    self.owner = owner
    self.permissions = permissions
    self.linkCount = linkCount
    self.born = born
  }

  init(_ raw: remora_status) {
    self.init(
      kind: FileKind(mode: raw.mode), device: raw.device, inode: raw.inode, size: Int64(raw.size),
      modified: FileTime(seconds: raw.modified_seconds, nanoseconds: Int32(raw.modified_nanoseconds)),
      changed: FileTime(seconds: raw.changed_seconds, nanoseconds: Int32(raw.changed_nanoseconds)),
      owner: raw.owner, permissions: FilePermissions(rawValue: CModeT(raw.mode & 0o7777)), linkCount: UInt64(raw.links),
      born: raw.has_birth == 0
        ? nil : FileTime(seconds: raw.birth_seconds, nanoseconds: Int32(raw.birth_nanoseconds)))
  }

  init(_ raw: stat) {
    self.init(
      kind: FileKind(mode: raw.st_mode), device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino),
      size: Int64(raw.st_size), modified: FileTime(raw.st_mtim), changed: FileTime(raw.st_ctim),
      owner: UInt32(raw.st_uid), permissions: FilePermissions(rawValue: raw.st_mode & 0o7777),
      linkCount: UInt64(raw.st_nlink))
  }

  /// True when both describe the same inode, whatever its content.
  package func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
}

/// What a name stands for.
package enum FileKind: Hashable, Sendable {
  case regular
  case directory
  case symbolicLink
  /// A FIFO, a socket or a device: nothing that Remora ever makes or reads.
  case other

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .symbolicLink
    default: self = .other
    }
  }

  /// The kind as a directory entry has it, or nil where the file system does not (readdir(3), `DT_UNKNOWN`).
  init?(entryType: UInt8) {
    switch Int(entryType) {
    case Int(DT_REG): self = .regular
    case Int(DT_DIR): self = .directory
    case Int(DT_LNK): self = .symbolicLink
    case Int(DT_UNKNOWN): return nil
    default: self = .other
    }
  }
}

/// A time stamp of a file, since 1970 in UTC, as fine as the file system keeps it.
package struct FileTime: Hashable, Comparable, Sendable {
  package let seconds: Int64
  /// 0 to 999,999,999.
  package let nanoseconds: Int32

  package init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  init(_ raw: timespec) {
    self.init(seconds: Int64(raw.tv_sec), nanoseconds: Int32(raw.tv_nsec))
  }

  /// Milliseconds since 1970, cut.
  package var milliseconds: Int64 { seconds * 1_000 + Int64(nanoseconds) / 1_000_000 }

  package static func < (left: FileTime, right: FileTime) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}

/// One name in a directory.
package struct DirectoryEntry: Hashable, Sendable {
  /// The name, byte for byte as the file system has it; it need not be UTF-8.
  package let name: FilePath.Component
  package let kind: FileKind

  package init(name: FilePath.Component, kind: FileKind) {
    self.name = name
    self.kind = kind
  }

  /// The bytes of the name, without a terminating zero.
  package var nameBytes: [UInt8] {
    name.withPlatformString { text in
      var bytes: [UInt8] = []
      var position = 0
      while text[position] != 0 {
        bytes.append(UInt8(bitPattern: text[position]))
        position += 1
      }
      return bytes
    }
  }
}
