internal import Git
internal import GitValues

/// Finds out which tips reach one object. Objects that are missing reach nothing.
///
/// Each object is read once, over all tips: what does not reach it is remembered. Memory: some 40 bytes an object.
struct ObjectSearch {
  private let wanted: ObjectID
  private let objects: ObjectDatabase
  private let checkpoint: () throws -> Void
  private var clean: Set<ObjectID> = []

  init(for wanted: ObjectID, in objects: ObjectDatabase, checkpoint: @escaping () throws -> Void) {
    self.wanted = wanted
    self.objects = objects
    self.checkpoint = checkpoint
  }

  /// - Throws: `GitError` for an object that is there but damaged, and what the checkpoint throws.
  mutating func isReached(from tip: ObjectID) throws -> Bool {
    if tip == wanted { return true }
    guard !clean.contains(tip) else { return false }
    var met: Set<ObjectID> = [tip]
    var pending = [tip]
    var isFound = false
    while !isFound, let oid = pending.popLast() {
      if met.count.isMultiple(of: 4_096) { try checkpoint() }
      _ = try objects.read(oid) { type, bytes in
        func meet(_ needed: ObjectID, isRead: Bool) {
          if needed == wanted { isFound = true }
          if !clean.contains(needed), met.insert(needed).inserted, isRead { pending.append(needed) }
        }
        switch type {
        case .blob: break
        case .tag: meet(try TagParser(bytes).target, isRead: true)
        case .commit:
          let commit = try CommitParser(bytes)
          meet(commit.tree, isRead: true)
          commit.forEachParent { meet($0, isRead: true) }
        case .tree:
          var parser = TreeParser(bytes)
          while let entry = try parser.next() {
            let kind = entry.mode & 0o170000
            // A submodule names a commit of another repository.
            if kind != 0o160000 { meet(entry.oid, isRead: kind == 0o040000) }
          }
        }
      }
    }
    if !isFound { clean.formUnion(met) }
    return isFound
  }
}
