import DurableFiles
import Glibc
package import Replication

extension Timestamp {
  /// The system's clock now: the usual clock of a `BlobStrategy`.
  package static func systemClock() -> Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(milliseconds: Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000)
  }

  /// A file's time, cut to milliseconds.
  init(_ time: FileTime) {
    self.init(milliseconds: time.seconds * 1_000 + Int64(time.nanoseconds) / 1_000_000)
  }
}
