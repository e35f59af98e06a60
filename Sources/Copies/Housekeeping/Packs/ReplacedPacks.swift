internal import DurableFiles
internal import Foundation
internal import Mirroring
internal import SystemPackage

/// The packs that others replace, and since when (`remora/replaced.json`).
///
/// They stay for an hour, for readers that have begun with them. The file is replaced in one durable step. It is not
/// there when no pack waits. One that cannot be read means that no pack is replaced: then they are packs like all
/// others, and are put together once more.
struct ReplacedPacks: DerivedRecord, Equatable {
  /// Why a pack is not needed any more, which determines the check before its removal.
  enum Reason: String, Codable {
    /// Each of its objects is in other packs.
    case consolidated
    /// What lies nowhere else was needed by nothing: refs, HEAD and dropped log are complete without the pack.
    case trimmed
  }

  struct Pack: Codable, Equatable {
    /// `pack-HEX`.
    var pack: String
    var reason: Reason
    /// RFC 3339, UTC, milliseconds.
    var replacedAt: String

    init(_ name: String, _ reason: Reason, at time: Date) {
      pack = name
      self.reason = reason
      replacedAt = RefJournalTime.text(time)
    }

    /// Whether its hour is over. A time that cannot be read has not come.
    func isDue(at now: Date, grace: Duration) -> Bool {
      RefJournalTime.date(replacedAt).map { now.timeIntervalSince($0) >= grace.seconds } ?? false
    }

    private enum CodingKeys: String, CodingKey {
      case pack, reason
      case replacedAt = "replaced_at"
    }
  }

  var format = 1
  var packs: [Pack] = []

  var names: Set<String> { Set(packs.map(\.pack)) }

  /// Reads the file, less what cannot be the name of a pack.
  static func load(_ layout: CopyLayout, through files: any FileSystemPort) throws(FileError) -> ReplacedPacks {
    var record = try load(layout.replacedPacks, limit: 64 << 20, through: files) ?? ReplacedPacks()
    record.packs.removeAll { !isName($0.pack) }
    return record
  }

  /// Writes it through staging, which must be there.
  func save(_ layout: CopyLayout, through files: any FileSystemPort) throws {
    guard packs.isEmpty else {
      let staged = layout.staging.appending("replaced.json")
      return try StagedFile.replace(layout.replacedPacks, with: try encoded(), staging: staged, through: files)
    }
    guard try files.status(of: layout.replacedPacks) != nil else { return }
    try files.unlink(layout.replacedPacks)
    try files.synchronizeDirectory(layout.own)
  }

  private static func isName(_ text: String) -> Bool {
    text.wholeMatch(of: /pack-[0-9a-f]{40}/) != nil
  }
}
