internal import DurableFiles
internal import Git
internal import GitValues
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

extension HousekeepingWork {
  /// Puts packs together where they are too many for their sizes, and many loose objects with them.
  func consolidate(_ record: inout ReplacedPacks) throws {
    let packs = try PackInventory(layout, through: files).without(record)
    let free = packs.filter { !$0.isKept }
    let contents = try free.map { pack in
      try checkTime()
      return try PackContents(indexPath: layout.packs.appending("\(pack.name).idx"))
    }
    let chosen = GeometricRollup.choose(contents.map(\.count))
    let loose = try LooseObjects(layout, through: files)
    guard !chosen.isEmpty || loose.count >= settings.looseObjects else { return }
    let rolled = chosen.map { free[$0] }
    try requireSpace(rolled.reduce(loose.bytes) { $0 + $1.bytes })
    enter(.packing)
    try staging.prepare()
    let pack = try make { sink in
      try packer.pack(rolled.map(\.name), loose: loose.oids, into: sink)
    }
    guard let pack else { return }
    enter(.proving)
    let new = try PackContents(indexPath: FilePath(pathText: pack.indexPath))
    for place in chosen { try requireAll(of: contents[place], in: new, pack: free[place].name) }
    enter(.publishing)
    try staging.publish(pack)
    let name = "pack-\(pack.name)"
    // The same objects in the same order make the same pack: it replaces others, never itself.
    let replaced = rolled.map(\.name).filter { $0 != name }
    let staying = Set(packs.map(\.name)).subtracting(replaced).union([name])
    try describe(staying, preferring: name)
    try note(replaced, .consolidated, in: &record)
    try loose.remove(through: files) { new.contains($0) }
    outcome.looseObjects += loose.oids.count { new.contains($0) }
  }

  /// Has a pack made in staging. Every object is hashed on the way, so what the index names is what the pack has.
  func make(_ body: (any PackSink) throws -> Void) throws -> IndexedPack? {
    let sink = try StagedPack(self)
    do {
      try body(sink)
      return try sink.finish()
    } catch {
      try checkTime()
      throw error
    }
  }

  /// - Throws: when an object of the pack is not in the new one. Nothing was replaced yet.
  private func requireAll(of contents: PackContents, in new: PackContents, pack: String) throws {
    for place in 0..<contents.count {
      if place.isMultiple(of: 1 << 16) { try checkTime() }
      guard new.contains(contents[place]) else {
        throw MirrorError(
          .housekeepingFailed, "\(attempt): the new pack lacks object \(contents[place]) of '\(pack)'",
          hint: "nothing was replaced; look at the copy with 'git fsck'")
      }
    }
  }

  /// Notes packs whose place others have taken.
  func note(_ names: [String], _ reason: ReplacedPacks.Reason, in record: inout ReplacedPacks) throws {
    enter(.recording)
    let now = environment.now()
    record.packs.removeAll { names.contains($0.pack) }
    record.packs += names.map { ReplacedPacks.Pack($0, reason, at: now) }
    try record.save(layout, through: files)
    outcome.replaced += names.count
  }

  /// Refuses to begin what would not fit: the new pack is at most as large as those that it replaces.
  func requireSpace(_ bytes: Int64) throws {
    let free = try files.availableBytes(at: layout.root)
    guard free >= UInt64(max(0, bytes)) + settings.freeBytesToKeep else {
      throw MirrorError(
        .diskFull,
        "\(attempt): a new pack may take \(bytes) bytes, \(free) are free, \(settings.freeBytesToKeep) must stay",
        hint: "free some space; the copy is as it was")
    }
  }
}

/// Which packs go into a new one, so that the rest grow geometrically: each at least twice as large as all smaller ones.
///
/// The rule of `git repack --geometric=2` (git-repack(1)). An object is packed anew a logarithmic number of times in the life of a
/// copy, and the packs that stay are as few: 20 for a million.
enum GeometricRollup {
  static let factor = 2

  /// The places, in `weights`, of those that go into one; none, or at least two.
  ///
  ///     1 1 1 1 1 1       all six
  ///     1 1 1 10 100      the first three
  ///     1 1 1 5 100       the first four: three together are more than half of the next
  ///     1 2 4 8           none
  static func choose(_ weights: [Int]) -> [Int] {
    let order = weights.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
    var split = 0
    for place in stride(from: order.count - 1, to: 0, by: -1)
    where weights[order[place]] < factor * weights[order[place - 1]] {
      split = place + 1
      break
    }
    guard split > 0 else { return [] }
    var together = order[..<split].reduce(0) { $0 + weights[$1] }
    while split < order.count, weights[order[split]] < factor * together {
      together += weights[order[split]]
      split += 1
    }
    return Array(order[..<split])
  }
}

/// A pack that is being made, indexed in staging byte by byte as it comes: each object is inflated and hashed, so its index is a
/// proof of what it holds, whichever program made it.
final class StagedPack: PackSink {
  private var indexer: PackIndexer?
  private let watch: IndexerWatch

  init(_ work: HousekeepingWork) throws {
    watch = IndexerWatch(cancellation: work.cancellation, deadline: work.deadline)
    indexer = try PackIndexer(
      stagingDirectory: work.layout.staging.pathText, interruption: watch.interruption
    ) { _ in try work.checkTime() }
  }

  func receive(_ part: UnsafeRawBufferPointer) throws { try indexer?.append(part) }

  /// - Returns: `nil` when the pack had no objects.
  func finish() throws -> IndexedPack? {
    guard let indexer = indexer.take() else { preconditionFailure("the pack has ended") }
    return try indexer.commit()
  }
}
