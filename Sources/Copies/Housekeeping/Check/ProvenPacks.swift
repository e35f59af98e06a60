internal import DurableFiles
internal import Foundation
internal import GitValues
internal import Mirroring
internal import SystemPackage

/// Packs of which an object check has walked every object and found all below it in these same packs (`remora/check.json`).
///
/// Their bytes are hashed by every check. As long as those are the same, and all of these packs are there, what they hold needs no
/// walk: each object's id is a digest of it, and with it of the ids that it names. So the next check walks what has come since. The
/// file only saves work: without it, or with one that cannot be read, everything is walked.
struct ProvenPacks: DerivedRecord, Equatable {
  struct Pack: Codable, Hashable {
    /// `pack-HEX`.
    var pack: String
    /// The digest at the end of the pack's index, which covers the pack's own.
    var index: String
  }

  var format = 1
  /// RFC 3339, UTC, milliseconds.
  var provenAt: String
  var packs: [Pack]

  init(_ packs: [Pack], at time: Date) {
    provenAt = RefJournalTime.text(time)
    self.packs = packs.sorted { $0.pack < $1.pack }
  }

  private enum CodingKeys: String, CodingKey {
    case format, packs
    case provenAt = "proven_at"
  }

  /// See above: what cannot be read proves nothing.
  static func load(_ layout: CopyLayout, through files: any FileSystemPort) throws -> ProvenPacks? {
    try load(layout.provenPacks, limit: 64 << 20, through: files)
  }
}

/// What a check takes for whole without a walk.
struct ProvenObjects {
  private let packs: [PackContents]

  /// Nothing.
  init() { packs = [] }

  /// - Parameter indexes: of packs that are proven together.
  init(_ indexes: [FilePath]) throws { packs = try indexes.map { try PackContents(indexPath: $0) } }

  /// Each as often as it is in a pack.
  var count: Int { packs.reduce(0) { $0 + $1.count } }

  func contains(_ oid: ObjectID) -> Bool { packs.contains { $0.contains(oid) } }
}
