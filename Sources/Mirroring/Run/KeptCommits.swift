internal import Git
internal import GitValues
internal import SystemPackage

/// Commits of a repository that was taken over, which its source does not have: of a primary that was replaced, say, to which
/// somebody still pushed. No ref reaches them any more; the history of the copy keeps them.
enum KeptCommits {
  /// Whoever has more of them than this in one ref has another history altogether.
  private static let limit = 1_000

  /// A warning for each ref that had some, with how many.
  ///
  /// - Parameters:
  ///   - before: the refs as they were found.
  ///   - after: those of the copy.
  static func warnings(
    before: RefListing, after: RefListing, in layout: CopyLayout
  ) -> [MirrorOutcome.Warning] {
    do {
      let objects = try ObjectDatabase(objectsDirectory: layout.objects.string)
      let kept = Set((0..<after.count).map { after.oid(at: $0) })
      var warnings: [MirrorOutcome.Warning] = []
      for index in 0..<before.count where !kept.contains(before.oid(at: index)) {
        let oid = before.oid(at: index)
        let count = try commits(from: oid, notIn: kept, objects)
        guard count > 0 else { continue }
        let name = before.withName(at: index) { String(decoding: $0, as: UTF8.self) }
        let number = count == 1 ? "a commit" : count < limit ? "\(count) commits" : "\(limit) commits or more"
        warnings.append(
          .init(
            code: "commits_kept",
            message: "\(name) was at \(oid.hex) and had \(number) that the source lacks: kept in the history,"
              + " 'remora restore' brings them back"))
      }
      return warnings
    } catch {
      return [
        .init(
          code: "commits_kept",
          message: "which commits the source lacks cannot be told (\(error)): 'remora history' shows where refs were")
      ]
    }
  }

  private static func commits(
    from oid: ObjectID, notIn kept: Set<ObjectID>, _ objects: ObjectDatabase
  ) throws -> Int {
    guard try objects.header(of: oid)?.type == .commit else { return 0 }
    let walk = try RevisionWalk(objects)
    try walk.push(oid)
    for tip in kept where try objects.header(of: tip)?.type == .commit { try walk.hide(tip) }
    var count = 0
    while count < limit, try walk.next() != nil { count += 1 }
    return count
  }
}
