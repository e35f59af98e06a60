/// How far a download is, as libgit2 counts it.
package struct RemoteProgress: Hashable, Sendable {
  package var totalObjects: Int
  package var receivedObjects: Int
  /// Objects whose id is computed.
  package var indexedObjects: Int
  package var totalDeltas: Int
  package var indexedDeltas: Int
  package var receivedBytes: Int

  package init(
    totalObjects: Int = 0, receivedObjects: Int = 0, indexedObjects: Int = 0, totalDeltas: Int = 0,
    indexedDeltas: Int = 0, receivedBytes: Int = 0
  ) {
    self.totalObjects = totalObjects
    self.receivedObjects = receivedObjects
    self.indexedObjects = indexedObjects
    self.totalDeltas = totalDeltas
    self.indexedDeltas = indexedDeltas
    self.receivedBytes = receivedBytes
  }
}
