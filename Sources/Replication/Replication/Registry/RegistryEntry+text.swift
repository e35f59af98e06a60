extension RegistryEntry {
  /// Returns a failure as stored in the columns: its first 255 Unicode scalars, because one character may have any
  /// number of them.
  static func shortened(_ message: String) -> String {
    String(String.UnicodeScalarView(message.unicodeScalars.prefix(failureLength)))
  }

  /// Returns the time as the mark of an attempt: it differs from the previous attempt's, even if both began in one
  /// millisecond.
  static func distinct(_ now: Timestamp, from last: Timestamp?) -> Timestamp {
    now == last ? now + .milliseconds(1) : now
  }
}
