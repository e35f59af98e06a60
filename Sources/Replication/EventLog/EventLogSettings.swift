/// The bounds of an event log, each with its default.
package struct EventLogSettings: Hashable, Sendable {
  /// Bytes after which a segment is followed by a new one. A segment is longer than this by one group at most.
  package var segmentBytes: Int
  /// Bytes of one line. A larger event is refused.
  package var lineBytes: Int
  /// Bytes that the ref changes of one event take; what goes beyond is left out, and the line says how many were.
  package var changesBytes: Int
  /// Bytes that are written with one fsync.
  package var groupBytes: Int
  /// Bytes that may wait to be written before `publish` refuses.
  package var waitingBytes: Int
  /// Bytes of lines that one answer to a reader is made of; a single larger line is given alone.
  package var batchBytes: Int
  /// Readers that may wait at once.
  package var waitingReaders: Int
  /// The longest that a reader is kept waiting, whatever it asks for.
  package var longestWait: Duration
  /// What the log keeps for secondaries that do not come.
  package var retention: Retention

  /// How much of what not all secondaries have read is kept.
  package struct Retention: Hashable, Sendable {
    /// Bytes of all segments together; the last segment is kept whatever its size.
    package var bytes: Int
    /// How long after its last line was written a segment is kept.
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
