package import DurableFiles
package import Foundation
internal import StateFiles
package import SystemPackage

/// The time from which the journal of a copy is complete (`remora/refs.journal.since.json`).
///
/// Older entries may be there, with others missing between them. Durable before the first line is removed; the file
/// does not exist before the first trimming. It moves with the journal at a fresh download.
package struct JournalHorizon: Codable, Equatable, Sendable {
  private var format = 1
  /// RFC 3339, UTC, milliseconds.
  private var completeSince: String

  private enum CodingKeys: String, CodingKey {
    case format
    case completeSince = "complete_since"
  }

  package init(_ moment: Date) { completeSince = RefJournalTime.text(moment) }

  package static func path(in layout: CopyLayout) -> FilePath { layout.own.appending("refs.journal.since.json") }

  /// `nil` when the journal is complete from its first entry on.
  ///
  /// - Throws: `MirrorError` (destination_damaged) for a file that cannot be read: then it is unknown.
  package static func load(_ layout: CopyLayout, through files: any FileSystemPort) throws -> Date? {
    let path = path(in: layout)
    let read: JournalHorizon?
    do {
      read = try StateFile(path, format: .json(), limit: 1 << 16, through: files).read()
      if read == nil { return nil }
    } catch is StateFlaw {
      read = nil
    }
    guard let read, let date = RefJournalTime.date(read.completeSince) else {
      throw MirrorError(
        .destinationDamaged, "read '\(path)': it does not tell from when on the history is whole",
        hint: "write the moment from which you trust it: {\"format\":1,\"complete_since\":\"2026-11-22T10:00:00.000Z\"}"
      )
    }
    return date
  }

  /// The bytes of the file; housekeeping stages them.
  package func encoded() throws -> [UInt8] { try StateFormat<JournalHorizon>.json().encode(self) }
}
