import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport

@testable import Housekeeping

/// What a loss of power within one housekeeping, or after it, may leave of the copy's files, beside what `CrashVerdict`
/// requires of its objects: each guarantee that an fsync of the housekeeping gives.
struct RecordedHousekeeping: Sendable {
  /// Every file by its path in the copy, without staging and the owner lock, which no reader reads.
  typealias Files = [String: [UInt8]]

  private let before: Files
  private let after: Files
  /// The packs that the housekeeping noted as replaced, by packing anew.
  private let trimmed: Set<String>

  /// Reads the copy as the housekeeping left it.
  ///
  /// - Parameter before: the copy as the housekeeping found it.
  init(before: Files, after copy: FilePath) throws {
    self.before = before
    after = try Self.files(of: copy)
    let record = try ReplacedPacks.load(CopyLayout(root: copy), through: RealFileSystem())
    trimmed = Set(record.packs.filter { $0.reason == .trimmed }.map(\.pack))
  }

  /// Returns the files of a copy.
  static func files(of copy: FilePath) throws -> Files {
    var files: Files = [:]
    for name in try TemporaryDirectory.files(below: copy.string)
    where !name.hasPrefix("remora/staging/") && name != "remora/lock" {
      files[name] = try RealFileSystem().contents(of: copy.pushing(FilePath(name)), limit: 1 << 24)
    }
    return files
  }

  /// - Parameter isFinal: whether the housekeeping had returned.
  func check(_ copy: String, isFinal: Bool) throws {
    let layout = CopyLayout(root: FilePath(copy))
    let found = try Self.files(of: layout.root)
    let record = try ReplacedPacks.load(layout, through: RealFileSystem())
    try requireWhole(found)
    try requireIndexedPacks(found, record)
    try requireReadablePacks(layout, found, record)
    try requireOrder(found, record)
    if isFinal { try requireResult(found) }
  }

  private func fail(_ text: String) -> TestSupportError { TestSupportError(text) }

  /// A name that a reader knows never has half a content.
  private func requireWhole(_ found: Files) throws {
    for (name, bytes) in found where bytes != before[name] && bytes != after[name] {
      throw fail("'\(name)' is neither as before nor as after")
    }
  }

  /// The next housekeeping removes a pack without an index, so it must be able to tell that the pack is one of Remora's.
  private func requireIndexedPacks(_ found: Files, _ record: ReplacedPacks) throws {
    for name in found.keys where name.hasPrefix("objects/pack/pack-") && !name.hasSuffix(".idx") {
      let pack = name.dropFirst("objects/pack/".count).prefix { $0 != "." }
      guard found["objects/pack/\(pack).idx"] == nil, before[name] != nil else { continue }
      guard record.names.contains(String(pack)) else { throw fail("'\(name)' has no index and is not noted") }
    }
  }

  /// The multi-pack-index leads readers to packs that are there and that stay.
  private func requireReadablePacks(_ layout: CopyLayout, _ found: Files, _ record: ReplacedPacks) throws {
    guard let index = try MultiPackIndexNames.read(layout, through: RealFileSystem()) else {
      throw fail("the multi-pack-index cannot be read")
    }
    for name in index.names {
      for ending in [".pack", ".idx"] where found["objects/pack/\(name)\(ending)"] == nil {
        throw fail("the multi-pack-index leads to '\(name)\(ending)', which is not there")
      }
      guard !record.names.contains(name) else { throw fail("'\(name)' is noted, and readers are still led to it") }
    }
  }

  /// What must be on the disk before something else is.
  private func requireOrder(_ found: Files, _ record: ReplacedPacks) throws {
    let (log, journal) = ("logs/refs/remora/dropped", "remora/refs.journal.jsonl")
    let (horizon, measurement) = ("remora/refs.journal.since.json", "remora/housekeeping.json")
    if found[log] != before[log], let measured = found[measurement], measured == before[measurement] {
      throw fail("the dropped log is trimmed, and the old measurement puts off what that frees")
    }
    if found[journal] != before[journal], found[horizon] != after[horizon] {
      throw fail("the journal is trimmed and claims to be complete")
    }
    if found[measurement] != before[measurement], found[measurement] != nil, !trimmed.isSubset(of: record.names) {
      throw fail("the copy is measured, and the packs that the measurement replaced are not noted")
    }
  }

  /// All that the housekeeping has reported is durable. Loose objects, and what belongs to an older multi-pack-index,
  /// may come back.
  private func requireResult(_ found: Files) throws {
    for name in after.keys.sorted() where found[name] != after[name] { throw fail("'\(name)' is not durable") }
    for name in found.keys.sorted() where after[name] == nil {
      guard name.hasPrefix("objects/pack/pack-") || name.hasPrefix("remora/") else { continue }
      throw fail("'\(name)' is there again")
    }
  }
}
