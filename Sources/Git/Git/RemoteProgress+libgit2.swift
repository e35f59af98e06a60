internal import CLibgit2

extension RemoteProgress {
  init(_ stats: git_indexer_progress) {
    self.init(
      totalObjects: Int(stats.total_objects), receivedObjects: Int(stats.received_objects),
      indexedObjects: Int(stats.indexed_objects), totalDeltas: Int(stats.total_deltas),
      indexedDeltas: Int(stats.indexed_deltas), receivedBytes: stats.received_bytes)
  }

  /// libgit2 counts objects in 32 bits; a count beyond that is shown as the largest.
  func store(in stats: inout git_indexer_progress) {
    stats.total_objects = UInt32(clamping: totalObjects)
    stats.received_objects = UInt32(clamping: receivedObjects)
    stats.indexed_objects = UInt32(clamping: indexedObjects)
    stats.total_deltas = UInt32(clamping: totalDeltas)
    stats.indexed_deltas = UInt32(clamping: indexedDeltas)
    stats.received_bytes = max(0, receivedBytes)
  }
}
