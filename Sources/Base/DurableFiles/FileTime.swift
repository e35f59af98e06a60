import Glibc

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
