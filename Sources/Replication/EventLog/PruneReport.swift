/// The result of pruning.
package struct PruneReport: Hashable, Sendable {
  /// Removed segments.
  package internal(set) var segments = 0
  /// Their bytes.
  package internal(set) var bytes = 0
  /// Removed segments that not all secondaries had passed: they exceeded the retention limit.
  package internal(set) var unreadSegments = 0

  /// Nothing happened.
  package init() {}
}
