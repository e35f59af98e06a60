internal import Git
internal import GitTransport
internal import GitValues
internal import SystemPackage

/// Commits of a repository that was taken over, which its source does not have: of a primary that was replaced, say, to which
/// a client still pushed. No ref reaches them any more; the history of the copy keeps them.
enum KeptCommits {
  /// A warning for each ref that had some.
  ///
  /// - Parameters:
  ///   - before: the refs as they were found.
  ///   - after: those of the copy.
  static func warnings(
    before: RefListing, after: RefListing, in layout: CopyLayout
  ) -> [MirrorOutcome.Warning] {
    do {
      let lacking = try commits(of: before, notIn: after, ObjectDatabase(objectsDirectory: layout.objects.pathText))
      let number = lacking.count == 1 ? "a commit" : "some of \(lacking.count) commits"
      return (0..<before.count).filter { lacking.contains(tip(of: before, at: $0)) }.map { index in
        let name = before.withName(at: index) { String(decoding: $0, as: UTF8.self) }
        return .init(
          code: "commits_kept",
          message: "\(name) was at \(before.oid(at: index).hex) and had \(number) that the source lacks: kept in the"
            + " history, 'remora restore' brings them back")
      }
    } catch {
      return [
        .init(
          code: "commits_kept",
          message: "which commits the source lacks cannot be told (\(error)): 'remora history' shows where refs were")
      ]
    }
  }

  /// In one walk for all refs: there may be a million, and each would have to leave out all others.
  private static func commits(
    of before: RefListing, notIn after: RefListing, _ objects: ObjectDatabase
  ) throws -> Set<ObjectID> {
    let kept = Set((0..<after.count).map { tip(of: after, at: $0) })
    let changed = Set((0..<before.count).map { tip(of: before, at: $0) }).subtracting(kept)
    guard !changed.isEmpty else { return [] }
    let walk = try RevisionWalk(objects)
    for tip in changed where try objects.header(of: tip)?.type == .commit { try walk.push(tip) }
    for tip in kept where try objects.header(of: tip)?.type == .commit { try walk.hide(tip) }
    var lacking: Set<ObjectID> = []
    while let commit = try walk.next() { lacking.insert(commit) }
    return lacking
  }

  /// What a ref leads to, also by a tag.
  private static func tip(of refs: RefListing, at index: Int) -> ObjectID {
    refs.peeled(at: index) ?? refs.oid(at: index)
  }
}
