/// What a running mirror is doing, for a progress line. Sent from the run's own thread, often.
package enum MirrorProgress: Hashable, Sendable {
  case listing
  case receiving(objects: Int, total: Int, bytes: Int)
  case indexing(objects: Int, total: Int)
  case checking(objects: Int)
  case publishing(refs: Int)
}
