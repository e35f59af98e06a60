/// What pruning took away.
package struct PruneReport: Hashable, Sendable {
  /// Segments that are gone.
  package internal(set) var segments = 0
  /// Their bytes.
  package internal(set) var bytes = 0
  /// Those of the segments that not all secondaries had passed: they went by the retention limit.
  package internal(set) var unreadSegments = 0

  /// Nothing happened.
  package init() {}
}
