/// A moment in UTC, to the millisecond: eight bytes, and exactly what Remora's files say.
///
/// Written and read as RFC 3339, `2026-11-22T18:04:05.123Z`. No calendar of the system is asked, so a million of them are
/// read in well under a second. Range: the years 0000 to 9999.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
  public let milliseconds: Int64

  /// A moment by its milliseconds since 1970.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Earlier moments come first.
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// The moment so much later; durations are cut to whole milliseconds.
  public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds + duration.wholeMilliseconds)
  }

  /// The moment so much earlier.
  public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds - duration.wholeMilliseconds)
  }

  /// How long from `earlier` to `later`; negative when they are the other way round.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    .milliseconds(later.milliseconds - earlier.milliseconds)
  }
}

extension Duration {
  /// The duration in milliseconds, cut towards zero.
  fileprivate var wholeMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
