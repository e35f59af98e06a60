/// The unacknowledged leftovers of a crash at the end of a log, which opening it removed.
package struct EventLogRecovery: Hashable, Sendable {
  /// Bytes after the last complete line.
  package internal(set) var droppedBytes = 0
  /// The first ids of segments that were being created and have no complete line.
  package internal(set) var droppedSegments: [UInt64] = []

  /// Nothing was torn.
  package var isClean: Bool { droppedBytes == 0 && droppedSegments.isEmpty }
}
