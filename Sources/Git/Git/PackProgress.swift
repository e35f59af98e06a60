internal import CLibgit2

/// How far an indexer is. Objects are received, then the deltas among them are resolved.
package struct PackProgress: Hashable, Sendable {
  package let totalObjects: Int
  /// Objects read from the pack so far, deltas included.
  package let receivedObjects: Int
  /// Objects whose id is computed so far.
  package let indexedObjects: Int
  /// Set once all bytes are there; 0 before.
  package let totalDeltas: Int
  package let indexedDeltas: Int

  init(_ stats: git_indexer_progress) {
    totalObjects = Int(stats.total_objects)
    receivedObjects = Int(stats.received_objects)
    indexedObjects = Int(stats.indexed_objects)
    totalDeltas = Int(stats.total_deltas)
    indexedDeltas = Int(stats.indexed_deltas)
  }
}
