internal import Crypto
internal import DurableFiles
internal import Git
internal import GitValues
internal import Mirroring
internal import SystemPackage
internal import TextBytes

/// Every byte of a copy's objects.
extension ObjectCheck {
  func checkFiles(_ outcome: inout CheckOutcome) throws {
    let names = try files.entries(of: layout.packs).map(\.name.string)
    let sizes = try names.map { try files.status(of: layout.packs.appending($0))?.size ?? 0 }
    let total = sizes.reduce(0, +)
    var done: Int64 = 0
    func read(_ path: FilePath) throws -> TrailedFile.Reading? {
      let before = done
      let reading = try TrailedFile.read(path) { count in
        try checkTime()
        done += Int64(count)
        report(.hashing(bytes: done, total: total))
      }
      outcome.bytes += done - before
      if reading?.failure != nil { outcome.isUnreadable = true }
      return reading
    }
    let indexed = Set(names.filter { $0.hasSuffix(".idx") }.map { $0.dropLast(4) })
    let packed = Set(names.filter { $0.hasSuffix(".pack") }.map { $0.dropLast(5) })
    for name in indexed.union(packed).sorted() where name.hasPrefix("pack-") {
      let (pack, index) = (layout.packs.appending("\(name).pack"), layout.packs.appending("\(name).idx"))
      guard packed.contains(name), let ofPack = try read(pack) else {
        // Gone with its pack, it was replaced.
        if try files.status(of: index) != nil {
          outcome.findings.append(finding(.damaged, index, "an index without its pack"))
        }
        continue
      }
      guard indexed.contains(name), let ofIndex = try read(index) else {
        try tellUnindexed(pack, index, &outcome)
        continue
      }
      outcome.packs += 1
      if !ofPack.isSound { outcome.findings.append(finding(.damaged, pack, ofPack.complaint)) }
      if !ofIndex.isSound {
        outcome.findings.append(finding(.damaged, index, ofIndex.complaint))
      } else if ofPack.failure == nil,
        !ofIndex.tail.prefix(TrailedFile.trailerBytes).elementsEqual(
          ofPack.tail.suffix(TrailedFile.trailerBytes))
      {
        outcome.findings.append(finding(.damaged, index, "it belongs to another pack"))
      } else if ofPack.isSound {
        let digest = ofIndex.tail.suffix(TrailedFile.trailerBytes)
        outcome.soundPacks.append(ProvenPacks.Pack(pack: String(name), index: Hex.text(digest)))
      }
    }
    let derived = names.filter(Self.isDerived).map { layout.packs.appending($0) }
    for path in try derived + commitGraphs() {
      guard let reading = try read(path), !reading.isSound else { continue }
      outcome.findings.append(finding(.derived, path, reading.complaint))
    }
    try checkLooseObjects(&outcome)
  }

  /// `multi-pack-index`, and what belongs to it or to a pack. Not a lock (`multi-pack-index.lock`) or a temporary file of a git
  /// that is at work (`tmp_…`, `.tmp-…`): those are other programs' own.
  private static func isDerived(_ name: String) -> Bool {
    if name == "multi-pack-index" { return true }
    guard name.hasPrefix("multi-pack-index-") || name.hasPrefix("pack-") else { return false }
    return [".bitmap", ".rev"].contains { name.hasSuffix($0) }
  }

  /// A pack gets its index a moment after its name: only one that has waited long is a finding.
  private func tellUnindexed(_ pack: FilePath, _ index: FilePath, _ outcome: inout CheckOutcome) throws {
    guard try files.status(of: index) == nil, try files.status(of: pack) != nil,
      try files.status(of: layout.staging) == nil
    else { return }
    outcome.findings.append(finding(.damaged, pack, "a pack without its index"))
  }

  private func commitGraphs() throws -> [FilePath] {
    let info = layout.objects.appending("info")
    let chain = info.appending("commit-graphs")
    var paths = [info.appending("commit-graph")]
    if try files.status(of: chain)?.kind == .directory {
      paths += try files.entries(of: chain).map(\.name.string).filter { $0.hasSuffix(".graph") }.map {
        chain.appending($0)
      }
    }
    return paths
  }

  private func checkLooseObjects(_ outcome: inout CheckOutcome) throws {
    // Without the packs: an object that is in one as well would be read from there, and a damaged file pass.
    let objects = try ObjectDatabase()
    try objects.addLooseObjects(objectsDirectory: layout.objects.pathText)
    for directory in try files.entries(of: layout.objects) where directory.name.string.utf8.count == 2 {
      let path = layout.objects.appending(directory.name)
      guard try files.status(of: path)?.kind == .directory else { continue }
      for entry in try files.entries(of: path) {
        guard let oid = ObjectID(directory.name.string + entry.name.string) else { continue }
        try checkTime()
        outcome.looseObjects += 1
        do {
          let isSound: Bool? = try objects.read(oid) { type, bytes in
            var hash = Insecure.SHA1()
            hash.update(data: Array("\(type.name) \(bytes.count)\0".utf8))
            hash.update(bufferPointer: bytes)
            outcome.bytes += Int64(bytes.count)
            return oid.withBytes { $0.elementsEqual(hash.finalize()) }
          }
          if isSound == false {
            outcome.findings.append(
              finding(.damaged, path.appending(entry.name), "it holds another object than its name says"))
          }
        } catch let error as GitError {
          outcome.findings.append(finding(.damaged, path.appending(entry.name), error.message))
        }
      }
    }
  }

  private func finding(_ kind: CheckFinding.Kind, _ path: FilePath, _ message: String) -> CheckFinding {
    let name = path.string.dropFirst(layout.root.string.utf8.count + 1)
    return CheckFinding(kind: kind, subject: String(name), message: message)
  }

  /// Removes derived files that are damaged, so that they are not read. Beside a run on the same copy nothing is removed: it may just
  /// be writing them.
  func removeDerived(_ outcome: inout CheckOutcome) throws {
    let indices = outcome.findings.indices.filter { outcome.findings[$0].kind == .derived }
    guard !indices.isEmpty else { return }
    let lock: OwnerLock
    do {
      lock = try OwnerLock.acquire(path: layout.ownerLock, wait: .zero)
    } catch {
      if case .held = error { return }
      throw error
    }
    defer { lock.release() }
    for index in indices {
      let path = layout.root.appending(outcome.findings[index].subject)
      // Written anew meanwhile, it may be sound.
      guard let reading = try TrailedFile.read(path, { _ in try checkTime() }), !reading.isSound else { continue }
      try files.unlink(path)
      try files.synchronizeDirectory(path.removingLastComponent())
      outcome.findings[index].isRepaired = true
    }
  }
}
