import Glibc

/// The calendar, for display. In a file without NIO, whose headers hide the members of `tm`.
enum Timestamp {
  /// Seconds since 1970.
  static var now: time_t { time(nil) }

  /// The day in UTC as in RFC 3339: `2026-11-22`.
  static func day(_ seconds: time_t) -> String {
    var seconds = seconds
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "an unknown day" }
    let (month, day) = (parts.tm_mon + 1, parts.tm_mday)
    return "\(parts.tm_year + 1900)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
  }
}
