internal import Git
internal import GitValues

/// Walks all that a tip reaches, and returns whether it is there: commits, trees and tags are read, blobs are looked
/// up.
///
/// It trusts only objects that it has walked, and objects that its caller has proven before. Memory: some 40 bytes an
/// object.
struct CompleteWalk {
  /// A missing object, and the object that refers to it.
  struct Gap {
    let oid: ObjectID
    let neededBy: ObjectID?
  }

  private let objects: ObjectDatabase
  private let proven: ProvenObjects
  private let checkpoint: (Int) throws -> Void
  /// Objects that were walked and are complete, with all below them.
  private var whole: Set<ObjectID> = []

  /// Objects that were found whole by walking.
  var count: Int { whole.count }

  /// - Parameters:
  ///   - proven: objects that are complete, with all below them.
  ///   - checkpoint: receives the number of objects now and then; may throw to stop.
  init(
    _ objects: ObjectDatabase, beyond proven: ProvenObjects = ProvenObjects(),
    checkpoint: @escaping (Int) throws -> Void
  ) {
    self.objects = objects
    self.proven = proven
    self.checkpoint = checkpoint
  }

  /// Returns the first gap below the tip; `nil` when it is complete.
  ///
  /// - Throws: `GitError` for an object that is there but damaged, and the checkpoint's errors.
  mutating func gap(below tip: ObjectID) throws -> Gap? {
    guard !isWhole(tip) else { return nil }
    var met: Set<ObjectID> = [tip]
    var pending: [(oid: ObjectID, neededBy: ObjectID?)] = [(tip, nil)]
    while let (oid, neededBy) = pending.popLast() {
      if met.count.isMultiple(of: 4_096) { try checkpoint(whole.count + met.count) }
      let read: Void? = try objects.read(oid) { type, bytes in
        func need(_ needed: ObjectID) {
          if !isWhole(needed), met.insert(needed).inserted { pending.append((needed, oid)) }
        }
        switch type {
        case .blob: break
        case .tag: need(try TagParser(bytes).target)
        case .commit:
          let commit = try CommitParser(bytes)
          need(commit.tree)
          commit.forEachParent(need)
        case .tree:
          var parser = TreeParser(bytes)
          while let entry = try parser.next() {
            switch entry.mode & 0o170000 {
            // A submodule names a commit of another repository.
            case 0o160000: break
            case 0o040000: need(entry.oid)
            default:
              guard !isWhole(entry.oid), met.insert(entry.oid).inserted else { continue }
              if !objects.contains(entry.oid) { pending.append((entry.oid, oid)) }
            }
          }
        }
      }
      if read == nil { return Gap(oid: oid, neededBy: neededBy) }
    }
    whole.formUnion(met)
    return nil
  }

  private func isWhole(_ oid: ObjectID) -> Bool { whole.contains(oid) || proven.contains(oid) }
}
