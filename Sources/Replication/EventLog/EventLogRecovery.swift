/// What a crash had left at the end of a log, and opening it took away. Nothing of it had been acknowledged.
package struct EventLogRecovery: Hashable, Sendable {
  /// Bytes behind the last whole line.
  package internal(set) var droppedBytes = 0
  /// The first ids of segments that were being begun and have no whole line.
  package internal(set) var droppedSegments: [UInt64] = []

  /// Nothing was torn.
  package var isClean: Bool { droppedBytes == 0 && droppedSegments.isEmpty }
}
