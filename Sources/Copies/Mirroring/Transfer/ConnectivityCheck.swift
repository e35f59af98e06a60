package import Git
package import GitValues

/// Proves that nothing is missing below new tips before any ref may point at them.
///
/// From each new tip it walks commits, trees and tags. The walk stops at objects that the copy's refs reach: at their
/// tips, and at tree entries that are at the same place in a parent's tree. An object outside the new pack that is met
/// elsewhere (a reverted file, a moved directory, a history that had been dropped) is not trusted because it exists:
/// everything below it is walked as well. Submodule entries name commits of other repositories and are not followed.
///
/// Blobs are looked up, not read: their bytes were hashed when the pack was indexed. A full check reads and hashes
/// every object instead, blobs up to `largestBlobRead`.
package struct ConnectivityCheck {
  /// A missing object, and the object that refers to it.
  package struct Missing: Error {
    package let oid: ObjectID
    package let neededBy: ObjectID?

    package init(oid: ObjectID, neededBy: ObjectID?) {
      self.oid = oid
      self.neededBy = neededBy
    }
  }

  private let objects: ObjectDatabase
  private let pack: PackContents
  private let oldTips: Set<ObjectID>
  private let believesNothing: Bool
  private let report: (Int) throws -> Void
  /// Commits, trees and tags that were visited.
  private var seen: Set<ObjectID> = []
  private var treesRead = 0
  private var commits: [ObjectID] = []
  private var outsideCommits: [ObjectID] = []
  /// What each annotated tag that was met at a tip leads to.
  private(set) var peeled: [ObjectID: ObjectID] = [:]

  /// - Parameters:
  ///   - objects: the copy's database with the staged pack added.
  ///   - pack: which objects the staged pack holds.
  ///   - oldTips: the tips of the copy's refs; what they reach is complete.
  ///   - report: called now and then with the number of objects seen; may throw to cancel.
  package init(
    objects: ObjectDatabase, pack: PackContents, oldTips: Set<ObjectID>, report: @escaping (Int) throws -> Void
  ) {
    believesNothing = false
    self.objects = objects
    self.pack = pack
    self.oldTips = oldTips
    self.report = report
  }

  /// Creates a check of all objects that the tips reach, without trusted objects.
  package init(ofEverythingIn objects: ObjectDatabase, report: @escaping (Int) throws -> Void) {
    believesNothing = true
    self.objects = objects
    pack = PackContents()
    oldTips = []
    self.report = report
  }

  /// Larger blobs are looked up only: reading one takes its size in memory.
  private static let largestBlobRead = 64 << 20

  /// - Throws: `Missing`, `GitError` for an object that is there but damaged, and what `report` throws.
  package mutating func check(_ tips: [ObjectID]) throws {
    for tip in tips { try checkTip(tip) }
    try drainCommits()
    // Commits outside the pack that are no tips: most are ancestors of a ref, which one history walk decides for all.
    while !outsideCommits.isEmpty {
      commits = try unreached(outsideCommits)
      outsideCommits = []
      try drainCommits()
    }
  }

  private mutating func checkTip(_ tip: ObjectID) throws {
    var oid = tip
    var isTag = false
    while true {
      let found = try type(of: oid, neededBy: isTag ? tip : nil)
      switch found {
      case .commit: addCommit(oid)
      case .tree: try checkTree(oid, neededBy: tip, bases: [])
      case .blob: if believesNothing { try checkBlob(oid, neededBy: tip) }
      case .tag:
        isTag = true
        seen.insert(oid)
        let target = try objects.read(oid) { type, bytes in
          try verify(oid, type, bytes)
          return try TagParser(bytes).target
        }
        guard let target else {
          throw Missing(oid: oid, neededBy: tip)
        }
        oid = target
        continue
      }
      break
    }
    if isTag { peeled[tip] = oid }
  }

  private func type(of oid: ObjectID, neededBy: ObjectID?) throws -> ObjectType {
    guard let header = try objects.header(of: oid) else { throw Missing(oid: oid, neededBy: neededBy) }
    return header.type
  }

  private mutating func addCommit(_ oid: ObjectID) {
    guard !oldTips.contains(oid), seen.insert(oid).inserted else { return }
    if believesNothing || pack.contains(oid) { commits.append(oid) } else { outsideCommits.append(oid) }
  }

  private mutating func drainCommits() throws {
    while let oid = commits.popLast() {
      let (tree, parents) = try readCommit(oid)
      try checkTree(tree, neededBy: oid, bases: parents.map { LazyTree(commit: $0, objects: objects) })
      for parent in parents { addCommit(parent) }
    }
  }

  private func readCommit(_ oid: ObjectID) throws -> (tree: ObjectID, parents: [ObjectID]) {
    let commit = try objects.read(oid) { type, bytes in
      try verify(oid, type, bytes)
      let commit = try CommitParser(bytes)
      var parents: [ObjectID] = []
      commit.forEachParent { parents.append($0) }
      return (commit.tree, parents)
    }
    guard let commit else { throw Missing(oid: oid, neededBy: nil) }
    return commit
  }

  /// Which of these commits no ref of the copy reaches.
  private func unreached(_ candidates: [ObjectID]) throws -> [ObjectID] {
    for oid in candidates where !objects.contains(oid) { throw Missing(oid: oid, neededBy: nil) }
    let walk = try RevisionWalk(objects)
    for oid in candidates { try walk.push(oid) }
    for tip in oldTips { try walk.hide(tip) }
    let wanted = Set(candidates)
    var unreached: [ObjectID] = []
    while let oid = try walk.next() {
      if wanted.contains(oid) { unreached.append(oid) }
    }
    return unreached
  }

  private mutating func checkTree(_ root: ObjectID, neededBy: ObjectID, bases: [LazyTree]) throws {
    // The same tree as a parent's: reached by a ref, or checked with that parent.
    if !believesNothing, !pack.contains(root), try bases.contains(where: { try $0.oid() == root }) { return }
    guard seen.insert(root).inserted else { return }
    var pending = [PendingTree(oid: root, bases: bases, neededBy: neededBy)]
    while let tree = pending.popLast() {
      treesRead += 1
      if treesRead.isMultiple(of: 1_024) { try report(seen.count) }
      let found: Void? = try objects.read(tree.oid) { type, bytes in
        try verify(tree.oid, type, bytes)
        try checkEntries(of: tree, bytes, &pending)
      }
      guard found != nil else { throw Missing(oid: tree.oid, neededBy: tree.neededBy) }
    }
  }

  /// Examines each entry in place: a first copy of 160,000 objects has millions of them, so no value is made for an
  /// entry unless it is a directory or outside the pack.
  private mutating func checkEntries(
    of tree: PendingTree, _ bytes: UnsafeRawBufferPointer, _ pending: inout [PendingTree]
  ) throws {
    var parser = TreeParser(bytes)
    while let entry = try parser.next() {
      switch entry.mode & Self.typeMask {
      case Self.submodule: continue
      case Self.directory:
        if seen.contains(entry.oid) { continue }
        let isPacked = believesNothing || pack.contains(entry.oid)
        let name = Array(entry.name)
        if !isPacked, try tree.bases.contains(where: { try $0.entry(named: name) == entry.oid }) { continue }
        seen.insert(entry.oid)
        let bases = isPacked ? tree.bases.map { $0.child(name) } : []
        pending.append(PendingTree(oid: entry.oid, bases: bases, neededBy: tree.oid))
      default:
        if believesNothing {
          if seen.insert(entry.oid).inserted { try checkBlob(entry.oid, neededBy: tree.oid) }
          continue
        }
        if pack.contains(entry.oid) { continue }
        let name = Array(entry.name)
        if try tree.bases.contains(where: { try $0.entry(named: name) == entry.oid }) { continue }
        guard objects.contains(entry.oid) else { throw Missing(oid: entry.oid, neededBy: tree.oid) }
      }
    }
  }

  private func checkBlob(_ oid: ObjectID, neededBy: ObjectID) throws {
    guard let header = try objects.header(of: oid) else { throw Missing(oid: oid, neededBy: neededBy) }
    guard header.size <= Self.largestBlobRead else { return }
    let found: Void? = try objects.read(oid) { type, bytes in try verify(oid, type, bytes) }
    guard found != nil else { throw Missing(oid: oid, neededBy: neededBy) }
  }

  /// libgit2 does not hash what it reads.
  private func verify(_ oid: ObjectID, _ type: ObjectType, _ bytes: UnsafeRawBufferPointer) throws {
    guard believesNothing, try ObjectDatabase.hash(type, bytes) != oid else { return }
    throw GitError(
      code: .objectCorrupt, operation: "read object", subject: oid.hex,
      message: "object \(oid) holds another content than its name says")
  }

  private struct PendingTree {
    let oid: ObjectID
    let bases: [LazyTree]
    let neededBy: ObjectID
  }

  /// File types in the mode of a tree entry, in octal as git writes them.
  private static let typeMask: UInt32 = 0o170000
  private static let submodule: UInt32 = 0o160000
  private static let directory: UInt32 = 0o040000
}
