internal import TextBytes

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
