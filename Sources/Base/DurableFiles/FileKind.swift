import Glibc

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
