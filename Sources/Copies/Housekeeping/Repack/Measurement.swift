internal import DurableFiles
internal import Foundation
internal import Mirroring

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
