internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import Mirroring
internal import SystemPackage

extension HousekeepingWork {
  /// Packs everything that is needed into one pack where less than half of the copy is.
  ///
  /// - Returns: whether it did.
  func repackIfWorthwhile(_ record: inout ReplacedPacks) throws -> Bool {
    let now = environment.now()
    if let last = try Measurement.load(layout, through: files), let time = RefJournalTime.date(last.measuredAt),
      time <= now, now.timeIntervalSince(time) < settings.retention.seconds
    {
      return false
    }
    let packs = try PackInventory(layout, through: files).without(record)
    guard !packs.isEmpty else { return false }
    enter(.measuring)
    let tips = try neededTips().present
    // Without the indexes: of a hundred packs with a commit each they are the larger part, and all of them are needed.
    let packBytes = try packs.reduce(0) {
      try $0 + (files.status(of: layout.packs.appending("\($1.name).pack"))?.size ?? 0)
    }
    let share =
      tips.isEmpty
      ? ReachableShare(reachable: 0, all: packBytes)
      : try packer.share(reachableFrom: tips, of: packs, packBytes: packBytes)
    let isRepacked = share.isSmall ? try repack(packs.filter { !$0.isKept }, packs, tips, &record) : false
    try replace(layout.measurement, with: Measurement(share, at: now).encoded())
    return isRepacked
  }

  func repack(
    _ replaced: [PackInventory.Pack], _ packs: [PackInventory.Pack], _ tips: [ObjectID], _ record: inout ReplacedPacks
  ) throws -> Bool {
    let loose = try LooseObjects(layout, through: files)
    try requireSpace(replaced.reduce(loose.bytes) { $0 + $1.bytes } / 2)
    enter(.packing)
    try staging.prepare()
    let pack = try tips.isEmpty ? nil : make { try packer.packReachable(from: tips, into: $0) }
    enter(.proving)
    let new = try pack.map { try PackContents(indexPath: FilePath(pathText: $0.indexPath)) } ?? PackContents()
    if let pack { try requireComplete(tips, in: pack) }
    let name = pack.map { "pack-\($0.name)" }
    let going = replaced.map(\.name).filter { $0 != name }
    guard !going.isEmpty else { return false }
    let before = try objectCount(packs.map(\.name))
    if let pack {
      enter(.publishing)
      try staging.publish(pack)
    }
    var staying = Set(packs.map(\.name)).subtracting(going)
    if let name { staying.insert(name) }
    // Loose objects that are past the retention and unreachable. Before anything is noted: it is they that nothing else shows.
    let limit = environment.now().addingTimeInterval(-settings.retention.seconds)
    let old = Set(loose.entries.filter { Double($0.status.modified.seconds) < limit.timeIntervalSince1970 }.map(\.oid))
    try describe(staying, preferring: name, isTrimmed: true)
    try note(going, .trimmed, in: &record)
    try loose.remove(through: files) { new.contains($0) || old.contains($0) }
    outcome.looseObjects += loose.oids.count { new.contains($0) || old.contains($0) }
    outcome.droppedObjects = max(0, before - (try objectCount(Array(staying))))
    outcome.isRepacked = true
    return true
  }

  /// - Throws: `ConnectivityCheck.Missing` when the pack alone has not all that these objects reach. Nothing was replaced yet.
  private func requireComplete(_ tips: [ObjectID], in pack: IndexedPack) throws {
    let objects = try ObjectDatabase()
    try objects.addPack(indexPath: pack.indexPath)
    var check = ConnectivityCheck(
      objects: objects, pack: try PackContents(indexPath: FilePath(pathText: pack.indexPath)), oldTips: []
    ) { [self] _ in try checkTime() }
    try check.check(tips)
  }

  /// Objects of packs, each as often as it is in one.
  private func objectCount(_ packs: [String]) throws -> Int {
    try packs.reduce(0) { try $0 + PackContents(indexPath: layout.packs.appending("\($1).idx")).count }
  }
}

/// When it was last measured how much of a copy is needed (`remora/housekeeping.json`).
///
/// It only saves work. It goes before lines of the dropped log do, so a crash in between lets the next housekeeping measure.
struct Measurement: DerivedRecord, Equatable {
  var format = 1
  /// RFC 3339, UTC, milliseconds.
  var measuredAt: String
  /// In bytes of packs.
  var reachable: Int64
  var all: Int64

  init(_ share: ReachableShare, at time: Date) {
    measuredAt = RefJournalTime.text(time)
    reachable = share.reachable
    all = share.all
  }

  private enum CodingKeys: String, CodingKey {
    case format, reachable, all
    case measuredAt = "measured_at"
  }

  /// See above: without it there is a measurement more.
  static func load(_ layout: CopyLayout, through files: any FileSystemPort) throws -> Measurement? {
    try load(layout.measurement, limit: 1 << 16, through: files)
  }
}
