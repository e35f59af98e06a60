import Glibc
import SystemPackage

/// What shows whether a real file is the one that was looked at before, with the same content.
struct DiskStamp: Equatable, Sendable {
  /// Device and inode number.
  struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  enum Kind: Sendable {
    case regular
    case directory
    case link
    case other
  }

  let kind: Kind
  let identity: Identity
  let size: Int
  let modified: [Int]
  let changed: [Int]
  let permissions: FilePermissions

  init(_ raw: stat) {
    kind =
      switch raw.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    identity = Identity(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino))
    size = Int(raw.st_size)
    modified = [raw.st_mtim.tv_sec, raw.st_mtim.tv_nsec]
    changed = [raw.st_ctim.tv_sec, raw.st_ctim.tv_nsec]
    permissions = FilePermissions(rawValue: raw.st_mode & 0o7777)
  }

  /// Of the path itself, not of what a link leads to; nil when nothing is there.
  init?(path: UnsafePointer<CChar>) {
    var raw = stat()
    guard lstat(path, &raw) == 0 else { return nil }
    self.init(raw)
  }
}
