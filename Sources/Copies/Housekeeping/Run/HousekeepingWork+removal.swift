internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import Mirroring
internal import SystemPackage

extension HousekeepingWork {
  /// Removes the replaced packs whose hour is over, each only if it is shown once more that nothing needs it.
  ///
  /// Between the note and now others may have worked on the copy: an operator's `git repack -ad` may have taken the new pack away,
  /// another program may have written a multi-pack-index that leads to a replaced pack, the clock may have jumped.
  func removeReplaced(_ record: inout ReplacedPacks) throws {
    guard !record.packs.isEmpty else { return }
    let before = record
    let now = environment.now()
    try restartClocks(&record, at: now)
    let inventory = try PackInventory(layout, through: files)
    try forgetMissing(&record)
    let due = record.packs.filter { $0.isDue(at: now, grace: settings.grace) }
    let staying = inventory.without(record)
    let kept = Set(inventory.packs.filter(\.isKept).map(\.name))
    var removable: [String] = []
    // It was marked since: it stays.
    for entry in due where kept.contains(entry.pack) { record.packs.removeAll { $0.pack == entry.pack } }
    let candidates = due.filter { !kept.contains($0.pack) }
    if !candidates.isEmpty {
      let contents = try staying.map { try PackContents(indexPath: layout.packs.appending("\($0.name).idx")) }
        .sorted { $0.count > $1.count }
      let trimmed = candidates.filter { $0.reason == .trimmed }
      let isComplete = try trimmed.isEmpty || isComplete(with: staying.map(\.name))
      for entry in candidates {
        let isNeedless = entry.reason == .trimmed ? isComplete : try isElsewhere(entry.pack, in: contents)
        if isNeedless {
          removable.append(entry.pack)
        } else {
          warn("pack_kept", "pack '\(entry.pack)' was to be removed, but has objects that nothing else has; it stays")
          record.packs.removeAll { $0.pack == entry.pack }
        }
      }
    }
    guard !removable.isEmpty || record != before else { return }
    try staging.prepare()
    for name in removable { try remove(name) }
    if !removable.isEmpty { try files.synchronizeDirectory(layout.packs) }
    record.packs.removeAll { removable.contains($0.pack) }
    try record.save(layout, through: files)
    outcome.removed += removable.count
  }

  /// An hour begins anew where it could have begun in no other way than by a wrong clock, or where new readers may still have been
  /// led to a pack until now.
  private func restartClocks(_ record: inout ReplacedPacks, at now: Date) throws {
    for place in record.packs.indices {
      let time = RefJournalTime.date(record.packs[place].replacedAt)
      if time.map({ $0 > now }) ?? true { record.packs[place].replacedAt = RefJournalTime.text(now) }
    }
    let named = try MultiPackIndexNames.read(layout, through: files)?.names
    guard named.map({ !$0.isDisjoint(with: record.names) }) ?? true else { return }
    // It must be away before the hour begins.
    try removeAid(layout.multiPackIndex)
    for place in record.packs.indices where named?.contains(record.packs[place].pack) ?? true {
      record.packs[place].replacedAt = RefJournalTime.text(now)
    }
  }

  /// Packs of which no file is there any more. One that a crash has left without its index is still noted, and still goes.
  private func forgetMissing(_ record: inout ReplacedPacks) throws {
    let names = Set(try files.entries(of: layout.packs).map(\.name.string))
    record.packs.removeAll { entry in !Self.endings.contains { names.contains(entry.pack + $0) } }
  }

  /// In this order: without its index a pack is none for a reader who comes now.
  private static let endings = [".idx", ".rev", ".bitmap", ".pack"]

  private func remove(_ name: String) throws {
    try checkTime()
    for ending in Self.endings {
      let path = layout.packs.appending(name + ending)
      if try files.status(of: path) != nil { try files.unlink(path) }
    }
  }

  private func isElsewhere(_ name: String, in others: [PackContents]) throws -> Bool {
    let index = layout.packs.appending("\(name).idx")
    // Its index went in an earlier attempt, which had looked.
    guard try files.status(of: index) != nil else { return true }
    let contents = try PackContents(indexPath: index)
    for place in 0..<contents.count {
      if place.isMultiple(of: 1 << 16) { try checkTime() }
      let oid = contents[place]
      guard others.contains(where: { $0.contains(oid) }) else { return false }
    }
    return true
  }

  /// Whether all that must be kept is there with these packs and the loose objects alone.
  private func isComplete(with packs: [String]) throws -> Bool {
    enter(.proving)
    let objects = try ObjectDatabase()
    for name in packs { try objects.addPack(indexPath: layout.packs.appending("\(name).idx").pathText) }
    try objects.addLooseObjects(objectsDirectory: layout.objects.pathText)
    var check = ConnectivityCheck(objects: objects, pack: PackContents(), oldTips: []) { [self] _ in try checkTime() }
    do {
      try check.check(neededTips().present)
      return true
    } catch is ConnectivityCheck.Missing {
      return false
    }
  }
}
