internal import Git
internal import GitValues
internal import Mirroring

/// All that some objects reach.
enum ReachableObjects {
  /// Walks from the tips, themselves included. Submodule entries name nothing of this repository.
  ///
  /// - Parameter report: called now and then; may throw to cancel.
  /// - Throws: `ConnectivityCheck.Missing` when something is not there, `GitError` when it is damaged.
  static func find(
    from tips: [ObjectID], in objects: ObjectDatabase, _ report: () throws -> Void
  ) throws -> Set<ObjectID> {
    var seen: Set<ObjectID> = []
    var pending: [(oid: ObjectID, neededBy: ObjectID?)] = tips.map { ($0, nil) }
    while let (oid, needer) = pending.popLast() {
      guard seen.insert(oid).inserted else { continue }
      if seen.count.isMultiple(of: 1_024) { try report() }
      let read: Void? = try objects.read(oid) { type, bytes in
        switch type {
        case .blob: break
        case .tag: pending.append((try TagParser(bytes).target, oid))
        case .commit:
          let commit = try CommitParser(bytes)
          pending.append((commit.tree, oid))
          commit.forEachParent { pending.append(($0, oid)) }
        case .tree:
          var parser = TreeParser(bytes)
          while let entry = try parser.next() {
            if !entry.isGitlink { pending.append((entry.oid, oid)) }
          }
        }
      }
      guard read != nil else { throw ConnectivityCheck.Missing(oid: oid, neededBy: needer) }
    }
    return seen
  }
}
