/// The bounds of an event log, each with its default.
package struct EventLogSettings: Hashable, Sendable {
  /// Bytes after which a new segment is started. A segment exceeds this by one group at most.
  package var segmentBytes: Int
  /// Bytes of one line. A larger event is refused.
  package var lineBytes: Int
  /// Maximum bytes of one event's ref changes; further changes are left out, and the line has their number.
  package var changesBytes: Int
  /// Maximum bytes that are written with one fsync.
  package var groupBytes: Int
  /// Bytes that may wait to be written before `publish` refuses.
  package var waitingBytes: Int
  /// Maximum bytes of lines in one answer to a reader; a single larger line is returned alone.
  package var batchBytes: Int
  /// Maximum readers that wait at once.
  package var waitingReaders: Int
  /// The maximum wait of a reader.
  package var longestWait: Duration
  /// What the log keeps for secondaries that do not read.
  package var retention: Retention

  /// The limits for events that not all secondaries have read.
  package struct Retention: Hashable, Sendable {
    /// Bytes of all segments together; the last segment is always kept.
    package var bytes: Int
    /// How long a segment is kept after its last line was written.
    package var age: Duration

    package init(bytes: Int = 4 << 30, age: Duration = .seconds(30 * 86_400)) {
      self.bytes = bytes
      self.age = age
    }
  }

  package init(
    segmentBytes: Int = 16 << 20, lineBytes: Int = 1 << 20, changesBytes: Int = 256 << 10, groupBytes: Int = 4 << 20,
    waitingBytes: Int = 64 << 20, batchBytes: Int = 4 << 20, waitingReaders: Int = 4_096,
    longestWait: Duration = .seconds(300), retention: Retention = Retention()
  ) {
    precondition(
      segmentBytes > 0 && lineBytes >= 4_096 && changesBytes >= 0 && changesBytes < lineBytes && groupBytes > 0
        && waitingBytes > 0 && batchBytes > 0 && waitingReaders >= 0, "bounds are numbers of bytes")
    self.segmentBytes = segmentBytes
    self.lineBytes = lineBytes
    self.changesBytes = changesBytes
    self.groupBytes = groupBytes
    self.waitingBytes = waitingBytes
    self.batchBytes = batchBytes
    self.waitingReaders = waitingReaders
    self.longestWait = longestWait
    self.retention = retention
  }
}
