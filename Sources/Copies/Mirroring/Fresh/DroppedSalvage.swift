internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import SystemPackage
internal import WorkerPool

/// Carries objects from an old copy to a new one that nothing but the old copy's history names any more.
///
/// Walks from the named objects as far as the new copy does not have them, and writes what can be read into one pack. Damaged and
/// missing objects are passed over: they were lost before. libgit2 hashes every object that it reads, so nothing damaged is
/// carried.
struct DroppedSalvage {
  private let new: CopyLayout
  private let old: CopyLayout
  private let files: any FileSystemPort
  private let cancellation: CancellationFlag

  init(
    from old: CopyLayout, to new: CopyLayout, through files: any FileSystemPort, cancellation: CancellationFlag
  ) {
    self.old = old
    self.new = new
    self.files = files
    self.cancellation = cancellation
  }

  func save(_ named: [ObjectID]) throws {
    guard !named.isEmpty else { return }
    let source = try ObjectDatabase(objectsDirectory: old.objects.pathText)
    let target = try ObjectDatabase(objectsDirectory: new.objects.pathText)
    let wanted = try collect(named, from: source, besides: target)
    guard !wanted.isEmpty else { return }
    let staging = PackStaging(layout: new, files: files)
    try staging.prepare()
    var indexer = try PackIndexer(stagingDirectory: new.staging.pathText)
    var pack = StoredPack(objects: wanted.count)
    try pack.drain { try indexer.append($0) }
    for oid in wanted {
      try cancellation.check()
      let found: Void? = try source.read(oid) { type, bytes in pack.add(type, bytes) }
      guard found != nil else {
        throw MirrorError(.destinationDamaged, "read '\(oid)' in '\(old.root)': it was there a moment ago")
      }
      try pack.drain { try indexer.append($0) }
    }
    pack.finish()
    try pack.drain { try indexer.append($0) }
    if let indexed = try indexer.commit() { try staging.publish(indexed) }
    try staging.remove()
  }

  /// Every readable object below the named ones that `target` does not have, each once.
  private func collect(
    _ named: [ObjectID], from source: ObjectDatabase, besides target: ObjectDatabase
  ) throws -> [ObjectID] {
    var seen = Set<ObjectID>()
    var pending = named
    var found: [ObjectID] = []
    while let oid = pending.popLast() {
      guard !oid.isZero, seen.insert(oid).inserted, !target.contains(oid) else { continue }
      if found.count.isMultiple(of: 1_024) { try cancellation.check() }
      do {
        let below = try source.read(oid) { type, bytes in try Self.references(of: type, bytes) }
        guard let below else { continue }
        found.append(oid)
        pending += below
      } catch let error as GitError {
        guard error.code == .objectCorrupt || error.code == .malformed else { throw error }
      }
    }
    return found
  }

  /// What an object names; submodule entries name nothing of this repository.
  private static func references(of type: ObjectType, _ bytes: UnsafeRawBufferPointer) throws -> [ObjectID] {
    switch type {
    case .blob: return []
    case .tag: return [try TagParser(bytes).target]
    case .commit:
      let commit = try CommitParser(bytes)
      var oids = [commit.tree]
      commit.forEachParent { oids.append($0) }
      return oids
    case .tree:
      var oids: [ObjectID] = []
      var parser = TreeParser(bytes)
      while let entry = try parser.next() {
        if !entry.isGitlink { oids.append(entry.oid) }
      }
      return oids
    }
  }
}
