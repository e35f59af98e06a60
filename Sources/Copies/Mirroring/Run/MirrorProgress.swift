/// What a running mirror is doing, for a progress line. Sent from the run's own thread, often.
package enum MirrorProgress: Hashable, Sendable {
  /// The run's host has asked for a pause of so long.
  case pausing(host: String, seconds: Int)
  case listing
  /// The source was asked for a pack and prepares it.
  case requesting
  /// What the source's server says about its progress, one harmless line.
  case remote(String)
  case receiving(objects: Int, total: Int, bytes: Int)
  case indexing(objects: Int, total: Int)
  case checking(objects: Int)
  case publishing(refs: Int)
}
