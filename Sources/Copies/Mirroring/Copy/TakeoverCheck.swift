internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import SystemPackage

/// Reads all that the refs of a repository reach before it is taken over: it was never checked before, and later runs
/// believe that a copy has what its refs reach.
struct TakeoverCheck {
  let run: MirrorRun
  let layout: CopyLayout

  /// Returns the damage below these tips; `nil` for none.
  ///
  /// - Throws: errors unrelated to the objects: cancellation, the deadline, a failing disk.
  func fault(below tips: some Sequence<ObjectID>) throws -> String? {
    let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    var check = ConnectivityCheck(ofEverythingIn: objects) { count in
      try run.checkTime()
      run.report(.checking(objects: count))
    }
    do {
      try check.check(Array(Set(tips)))
      return nil
    } catch let missing as ConnectivityCheck.Missing {
      return "object \(missing.oid) is missing" + (missing.neededBy.map { " (\($0) needs it)" } ?? "")
    } catch let error as GitError where !error.isFromSystem {
      return error.subject.isEmpty ? error.message : "object \(error.subject): \(error.message)"
    }
  }

  /// Removes loose objects that are damaged and that a sound pack of the copy has: git reads the pack, but `git fsck`
  /// reports the file.
  func removeDamagedLooseObjects(in pack: PackContents) throws {
    let loose = try ObjectDatabase()
    try loose.addLooseObjects(objectsDirectory: layout.objects.pathText)
    for directory in try run.files.entries(of: layout.objects)
    where directory.kind == .directory && directory.nameBytes.count == 2 {
      let path = layout.objects.appending(directory.name)
      for file in try run.files.entries(of: path) where file.kind == .regular {
        guard let oid = ObjectID(hex: directory.nameBytes + file.nameBytes), pack.contains(oid) else { continue }
        try run.checkTime()
        if try !isSound(oid, in: loose) { try run.files.unlink(path.appending(file.name)) }
      }
    }
  }

  private func isSound(_ oid: ObjectID, in loose: ObjectDatabase) throws -> Bool {
    do {
      return try loose.read(oid) { type, bytes in try ObjectDatabase.hash(type, bytes) == oid } ?? true
    } catch let error as GitError where error.code == .objectCorrupt {
      return false
    }
  }
}

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
          message: "which commits the source lacks is not known (\(error)): 'remora history' shows where refs were")
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
