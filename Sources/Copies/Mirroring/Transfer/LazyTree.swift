internal import Git
internal import GitValues

/// A tree that is read at its first use. A path that does not exist there is an empty tree.
final class LazyTree {
  private enum State {
    case commit(ObjectID)
    case child(of: LazyTree, named: [UInt8])
    case tree(ObjectID)
    case read(ObjectID, [[UInt8]: (oid: ObjectID, isTree: Bool)])
    case absent
  }

  private var state: State
  private let objects: ObjectDatabase

  /// The tree of a commit.
  init(commit: ObjectID, objects: ObjectDatabase) {
    state = .commit(commit)
    self.objects = objects
  }

  private init(_ state: State, _ objects: ObjectDatabase) {
    self.state = state
    self.objects = objects
  }

  /// The subtree of that name.
  func child(_ name: [UInt8]) -> LazyTree { LazyTree(.child(of: self, named: name), objects) }

  /// The tree's id; `nil` where there is none.
  func oid() throws -> ObjectID? {
    switch state {
    case .commit(let commit):
      // A parent that is missing is found by the walk over commits; here it only offers nothing to compare with.
      let tree = try objects.read(commit) { _, bytes in try CommitParser(bytes).tree }
      state = tree.map { .tree($0) } ?? .absent
    case .child(let parent, let name):
      let found = try parent.entries()[name]
      if let found, found.isTree { state = .tree(found.oid) } else { state = .absent }
    case .tree(let oid), .read(let oid, _): return oid
    case .absent: return nil
    }
    return try oid()
  }

  /// What stands at that name; `nil` for nothing.
  func entry(named name: [UInt8]) throws -> ObjectID? { try entries()[name]?.oid }

  private func entries() throws -> [[UInt8]: (oid: ObjectID, isTree: Bool)] {
    if case .read(_, let entries) = state { return entries }
    guard let oid = try oid() else { return [:] }
    let read = try objects.read(oid) { _, bytes in
      var entries: [[UInt8]: (oid: ObjectID, isTree: Bool)] = [:]
      var parser = TreeParser(bytes)
      while let entry = try parser.next() {
        entries[Array(entry.name)] = (entry.oid, entry.mode & 0o170000 == 0o040000)
      }
      return entries
    }
    let entries = read ?? [:]
    state = .read(oid, entries)
    return entries
  }
}
