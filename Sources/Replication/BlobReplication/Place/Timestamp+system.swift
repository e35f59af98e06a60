import DurableFiles
import Glibc
package import Replication

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
