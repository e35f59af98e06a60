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
