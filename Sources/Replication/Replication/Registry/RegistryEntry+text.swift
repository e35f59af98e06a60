extension RegistryEntry {
  /// A failure as the columns hold it: its first 255 Unicode scalars, for one character may be endless.
  static func shortened(_ message: String) -> String {
    String(String.UnicodeScalarView(message.unicodeScalars.prefix(failureLength)))
  }

  /// The time as the mark of one attempt: another one than the attempt before, also when both began in one millisecond.
  static func distinct(_ now: Timestamp, from last: Timestamp?) -> Timestamp {
    now == last ? now + .milliseconds(1) : now
  }
}
