internal import Git
internal import GitValues

/// Selects ancestors of tips that will be replaced, to send as haves in addition to the tips.
///
/// A server that has pruned a force-pushed tip still has the merge base of the two histories. With tips alone the whole
/// history would be fetched again. Objects reachable from a ref are as complete as the ref's own object, so these haves
/// claim no more than the tips do.
enum AncestorSample {
  /// Walks from at most so many tips: those of the newest force-push matter, not all of a thousand.
  private static let tips = 64
  /// The maximum depth of the walk. git itself gives up after 256 haves that the server does not have.
  private static let depth = 4_096
  /// Every commit up to here, then ever fewer: each next one is an eighth further back than the one before.
  private static let dense = 32

  /// In the order of the walk, newest first; none for tips that are no commits.
  ///
  /// - Throws: `GitError` when the copy's own history cannot be read.
  static func take(from oids: some Sequence<ObjectID>, in objects: ObjectDatabase) throws -> [ObjectID] {
    let walk = try RevisionWalk(objects)
    var pushed = 0
    for oid in oids where pushed < tips {
      guard try objects.header(of: oid)?.type == .commit else { continue }
      try walk.push(oid)
      pushed += 1
    }
    guard pushed > 0 else { return [] }
    var sample: [ObjectID] = []
    var position = 0
    var next = 0
    while position < depth, let oid = try walk.next() {
      if position == next {
        sample.append(oid)
        next = position < dense ? position + 1 : position + position / 8
      }
      position += 1
    }
    return sample
  }
}
