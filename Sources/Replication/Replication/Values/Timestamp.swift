internal import TextBytes

/// A moment in UTC, to the millisecond: eight bytes, with the precision of Remora's files.
///
/// Written and read as RFC 3339, `2026-11-22T18:04:05.123Z`. No calendar of the system is used, so a million of them
/// are parsed in well under a second. Range: the years 0000 to 9999.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
  public let milliseconds: Int64

  /// A moment by its milliseconds since 1970.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Earlier moments come first.
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// Returns the moment after a duration, which is cut to whole milliseconds. It saturates at the last representable
  /// moment, because durations may come from untrusted input.
  public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(
      milliseconds: saturating(
        moment.milliseconds.addingReportingOverflow(duration.wholeMilliseconds), duration > .zero))
  }

  /// Returns the moment before by a duration; saturates at the first representable moment.
  public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(
      milliseconds: saturating(
        moment.milliseconds.subtractingReportingOverflow(duration.wholeMilliseconds), duration < .zero))
  }

  /// Returns the duration from `earlier` to `later`; negative when they are reversed.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    .milliseconds(saturating(later.milliseconds.subtractingReportingOverflow(earlier.milliseconds), later > earlier))
  }

  private static func saturating(_ result: (partialValue: Int64, overflow: Bool), _ isUpwards: Bool) -> Int64 {
    result.overflow ? isUpwards ? .max : .min : result.partialValue
  }
}

extension Duration {
  /// The duration in milliseconds, truncated towards zero and to the range of the integer.
  fileprivate var wholeMilliseconds: Int64 {
    let (milliseconds, isTooMuch) = components.seconds.multipliedReportingOverflow(by: 1_000)
    let (sum, isOver) = milliseconds.addingReportingOverflow(components.attoseconds / 1_000_000_000_000_000)
    return isTooMuch || isOver ? components.seconds > 0 ? .max : .min : sum
  }
}

extension Timestamp {
  /// Creates a timestamp from seconds since 1970, cut to whole milliseconds.
  package init(secondsSince1970 seconds: Double) { self.init(milliseconds: RFC3339.milliseconds(since1970: seconds)) }

  /// Seconds since 1970; `Timestamp(secondsSince1970:)` reads the same moment back.
  package var secondsSince1970: Double { Double(milliseconds) / 1_000 }
}

extension Timestamp: CustomStringConvertible, LosslessStringConvertible {
  /// RFC 3339 in UTC with milliseconds.
  public var description: String { RFC3339.text(milliseconds) }

  /// Appends the 24 characters of `description`.
  package func append(to bytes: inout [UInt8]) { RFC3339.append(milliseconds, to: &bytes) }

  /// Parses the output of `description`; `nil` for any other text, including other offsets and precisions.
  public init?(_ description: String) {
    var description = description
    guard let moment = description.withUTF8({ Timestamp(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = moment
  }

  /// The same over borrowed bytes, for bulk reading.
  package init?(utf8 text: UnsafeRawBufferPointer) {
    guard let milliseconds = RFC3339.milliseconds(utf8: text) else { return nil }
    self.init(milliseconds: milliseconds)
  }
}
