import Glibc

/// Reads `Retry-After` (RFC 9110 § 10.2.3): seconds, or a date.
package enum RetryAfter {
  /// What a server may ask for at most; a longer time is taken for this one, so that a mistake over there does not stop
  /// work for good.
  package static let longest = Duration.seconds(86_400)

  /// Returns the time that the server asks to wait; `nil` for text that is neither a number of seconds nor a date.
  ///
  /// - Parameter now: seconds since 1970.
  package static func duration(_ text: String, now: Int = time(nil)) -> Duration? {
    let trimmed = text.trimmingSpaces
    if !trimmed.isEmpty, trimmed.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      // More digits than a number holds ask for longer than anything.
      guard let seconds = Int(trimmed) else { return longest }
      return min(.seconds(seconds), longest)
    }
    guard let moment = date(trimmed, now) else { return nil }
    return min(max(.seconds(moment - now), .zero), longest)
  }

  /// The three forms of an HTTP date (RFC 9110 § 5.6.7), in seconds since 1970.
  private static func date(_ text: String, _ now: Int) -> Int? {
    let words = text.split { " ,-:".contains($0) }.map { String($0) }
    let day: String
    let month: String
    let year: String
    let clock: ArraySlice<String>
    switch words.count {
    // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT.
    case 8 where words[7] == "GMT": (day, month, year, clock) = (words[1], words[2], words[3], words[4...6])
    // Sun Nov  6 08:49:37 1994.
    case 7: (day, month, year, clock) = (words[2], words[1], words[6], words[3...5])
    default: return nil
    }
    let parsed = clock.compactMap { Int32($0) }
    guard let day = Int32(day), let number = months.firstIndex(of: month), let year = Int32(year), parsed.count == 3,
      (1...31).contains(day), (0...23).contains(parsed[0]), (0...59).contains(parsed[1]), (0...60).contains(parsed[2]),
      (0...9_999).contains(year)
    else { return nil }
    var parts = tm()
    parts.tm_mday = day
    parts.tm_mon = Int32(number)
    parts.tm_year = year < 100 ? year + 100 : year - 1_900
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (parsed[0], parsed[1], parsed[2])
    let moment = timegm(&parts)
    // Two digits that seem to be more than 50 years ahead are of the past (RFC 9110 § 5.6.7).
    guard year < 100, moment - now > 50 * 365 * 86_400 else { return moment }
    parts.tm_year = year
    return timegm(&parts)
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}

extension String {
  fileprivate var trimmingSpaces: String {
    var rest = self[...]
    while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
