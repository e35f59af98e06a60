internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import Mirroring
internal import RefStore
internal import SystemPackage

extension HousekeepingWork {
  /// Takes a leaked secret out of a copy before its time: out of the dropped log, the journal, the packs and the loose
  /// objects.
  ///
  /// First the lines that protect it, so that a crash leaves a copy of which the next housekeeping removes the objects;
  /// then a pack of all that is needed, and the old packs at once, without their hour. Needs settings with no grace and
  /// no retention.
  ///
  /// - Throws: `MirrorError` (object_in_use) while a ref or HEAD reaches the object.
  func forget(_ target: ForgetTarget) throws -> ForgetOutcome {
    enter(.sweeping)
    try CopyRecovery(layout: layout, files: files).recover(at: environment.now())
    var outcome = ForgetOutcome()
    let going = try going(target)
    let before = try allObjects()
    enter(.trimming)
    try removeAid(layout.measurement)
    try removeAid(layout.provenPacks)
    outcome.historyLines = try forgetLines(going)
    outcome.journalChanges = try forgetChanges(going)
    var record = try ReplacedPacks.load(layout, through: files)
    let packs = try PackInventory(layout, through: files).without(record)
    let tips = try neededTips().present
    if !packs.isEmpty { _ = try repack(packs.filter { !$0.isKept }, packs, tips, &record) }
    try removeReplaced(&record)
    try removeLoose(going.oids)
    try ServerInfo(layout, through: files).refreshPacks()
    if try files.status(of: layout.staging) != nil { try staging.remove() }
    let after = try allObjects()
    outcome.removedObjects = before.subtracting(after).count
    outcome.remaining = try going.oids.intersection(after).sorted { $0.hex < $1.hex }.map { try reason($0, tips) }
    return outcome
  }

  /// The objects to remove, and the lines and changes that name them.
  private struct Going {
    var oids: Set<ObjectID>
    let isLine: (ArraySlice<UInt8>, ObjectID) -> Bool
    let isChange: (RefChange) -> Bool
  }

  private func going(_ target: ForgetTarget) throws -> Going {
    let view = try RefReader(repository: layout.root, files: files).view()
    let log = try droppedLines()
    var current = Dictionary(view.refs.map { ($0.oid, $0.name.description) }) { first, _ in first }
    if let oid = view.head.oid, current[oid] == nil { current[oid] = "HEAD" }
    switch target {
    case .object(let wanted):
      let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
      var search = ObjectSearch(for: wanted, in: objects, checkpoint: checkTime)
      for (oid, name) in current.sorted(by: { $0.value < $1.value }) where try search.isReached(from: oid) {
        throw MirrorError(
          .objectInUse, "forget \(wanted) in '\(layout.root)': '\(name)' reaches it",
          hint: "remove it from the source first, mirror, then forget it")
      }
      var oids: Set<ObjectID> = [wanted]
      for oid in log.oids where try search.isReached(from: oid) { oids.insert(oid) }
      return Going(
        oids: oids, isLine: { _, oid in oids.contains(oid) },
        isChange: { [$0.old, $0.new].compactMap(\.self).contains(where: oids.contains) })
    case .ref(let text):
      let names = CopyHistory.names(text)
      let endings = names.map { Array("\tdropped from \($0)".utf8) }
      func isLine(_ line: ArraySlice<UInt8>) -> Bool { endings.contains { line.suffix($0.count).elementsEqual($0) } }
      let oids = Set(log.lines.compactMap { line in isLine(line.bytes) ? line.oid : nil })
      return Going(
        oids: oids.subtracting(current.keys), isLine: { line, _ in isLine(line) },
        isChange: { names.contains($0.name) })
    }
  }

  private func droppedLines() throws -> DroppedLines {
    let bytes = try files.contents(of: layout.droppedLog, limit: CopyLayout.maximumFileBytes) ?? []
    return DroppedLines(bytes, now: environment.now())
  }

  private func forgetLines(_ going: Going) throws -> Int {
    let log = try droppedLines()
    let kept = log.lines.filter { line in !(line.oid.map { going.isLine(line.bytes, $0) } ?? false) }
    guard kept.count < log.lines.count else { return 0 }
    try replace(layout.droppedLog, with: kept.flatMap { Array($0.bytes) + [UInt8(ascii: "\n")] })
    return log.lines.count - kept.count
  }

  private func forgetChanges(_ going: Going) throws -> Int {
    var count = 0
    for path in try RefJournal(layout, through: files).paths() {
      try checkTime()
      guard let bytes = try files.contents(of: path, limit: CopyLayout.maximumFileBytes) else { continue }
      var removed = 0
      let lines = try bytes.split(separator: UInt8(ascii: "\n")).map { line in
        let (rest, number) = try RefJournalLine.forgetting(line, where: going.isChange, headsAt: going.oids)
        removed += number
        return rest
      }
      guard removed > 0 else { continue }
      // Before a line goes: 'restore' must not take the journal for whole.
      try replace(JournalHorizon.path(in: layout), with: JournalHorizon(environment.now()).encoded())
      try replace(path, with: lines.flatMap { $0 + [UInt8(ascii: "\n")] })
      count += removed
    }
    return count
  }

  /// Loose files of these objects that nothing needs any more.
  private func removeLoose(_ oids: Set<ObjectID>) throws {
    let tips = try neededTips().present
    let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    for entry in try LooseObjects(layout, through: files).entries where oids.contains(entry.oid) {
      var search = ObjectSearch(for: entry.oid, in: objects, checkpoint: checkTime)
      if try !tips.contains(where: { try search.isReached(from: $0) }) { try files.unlink(entry.path) }
    }
  }

  private func allObjects() throws -> Set<ObjectID> {
    var all = Set(try LooseObjects(layout, through: files).oids)
    for pack in try PackInventory(layout, through: files).packs {
      let contents = try PackContents(indexPath: layout.packs.appending("\(pack.name).idx"))
      for place in 0..<contents.count { all.insert(contents[place]) }
    }
    return all
  }

  /// Why an object is still there.
  private func reason(_ oid: ObjectID, _ tips: [ObjectID]) throws -> String {
    for pack in try PackInventory(layout, through: files).packs where pack.isKept {
      let contents = try PackContents(indexPath: layout.packs.appending("\(pack.name).idx"))
      if contents.contains(oid) { return "\(oid) is in the pack '\(pack.name)', which is marked to be kept" }
    }
    var search = ObjectSearch(
      for: oid, in: try ObjectDatabase(objectsDirectory: layout.objects.pathText), checkpoint: checkTime)
    if let tip = try tips.first(where: { try search.isReached(from: $0) }) {
      return "\(oid) is reached from \(tip), which a ref or the history still names"
    }
    return "\(oid) is still in the copy's objects"
  }
}

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
