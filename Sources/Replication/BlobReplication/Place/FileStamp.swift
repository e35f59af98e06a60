package import DurableFiles
internal import Glibc
package import Replication
internal import TextBytes

/// What changes when the content of a file may have changed, without reading it.
package struct FileStamp: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  /// Bytes.
  package let size: Int64
  /// The owner may set it back.
  package let modified: FileTime
  /// It cannot be set back; also changes with owner, mode and links.
  package let changed: FileTime

  package init(device: UInt64, inode: UInt64, size: Int64, modified: FileTime, changed: FileTime) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  init(_ status: FileStatus) {
    self.init(
      device: status.device, inode: status.inode, size: status.size, modified: status.modified,
      changed: status.changed)
  }

  /// One number for all but the device, whose number may change with each start of the machine. The same in every
  /// process: it is kept in files.
  var folded: UInt64 {
    var sum = FNV1a()
    for part: UInt64 in [
      inode, UInt64(bitPattern: size), UInt64(bitPattern: modified.seconds), UInt64(modified.nanoseconds),
      UInt64(bitPattern: changed.seconds), UInt64(changed.nanoseconds),
    ] { sum.add(word: part) }
    return sum.value
  }
}

extension FileIdentity {
  /// Device, inode and birth: the next file that is given the inode of a deleted one is another one.
  init(_ status: FileStatus) {
    let birth = status.born.map { $0.seconds * 1_000_000_000 + Int64($0.nanoseconds) } ?? 0
    self.init(device: status.device, inode: status.inode, birth: birth)
  }
}

extension Timestamp {
  /// The system's clock now: the usual clock of a `BlobStrategy`.
  package static func systemClock() -> Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(FileTime(seconds: Int64(now.tv_sec), nanoseconds: Int32(now.tv_nsec)))
  }

  /// A file's time, cut to milliseconds.
  init(_ time: FileTime) {
    self.init(milliseconds: time.milliseconds)
  }
}
