/// Moments as text of RFC 3339, in milliseconds since 1970-01-01T00:00:00Z without leap seconds.
///
/// No calendar of the system is asked, so a million of them are read in well under a second. Range: the years 0000 to
/// 9999; a moment outside is written as the first or the last moment of them.
package enum RFC3339 {
  /// Characters of a text in UTC with milliseconds, `2026-11-22T18:04:05.123Z`: the form of Remora's files.
  package static let length = 24

  // MARK: Writing

  /// Returns the moment in UTC with milliseconds: `2026-11-22T18:04:05.123Z`.
  package static func text(_ milliseconds: Int64) -> String {
    var bytes: [UInt8] = []
    append(milliseconds, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the 24 characters of `text`.
  package static func append(_ milliseconds: Int64, to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + length)
    let rest = appendWholeSeconds(milliseconds, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    append(rest, 3, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// Returns the moment in UTC, cut to whole seconds: `2026-11-22T18:04:05Z`.
  package static func wholeSeconds(_ milliseconds: Int64) -> String {
    var bytes: [UInt8] = []
    _ = appendWholeSeconds(milliseconds, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Returns the day in UTC of a moment in seconds: `2026-11-22`.
  package static func day(seconds: Int64) -> String {
    let (milliseconds, isTooMuch) = seconds.multipliedReportingOverflow(by: 1_000)
    return String(wholeSeconds(isTooMuch ? seconds < 0 ? .min : .max : milliseconds).prefix(10))
  }

  /// - Returns: the milliseconds that were cut off.
  private static func appendWholeSeconds(_ milliseconds: Int64, to bytes: inout [UInt8]) -> Int {
    let milliseconds = min(max(milliseconds, writable.lowerBound), writable.upperBound)
    let day = floorDivide(milliseconds, millisecondsADay)
    let rest = Int(milliseconds - day * millisecondsADay)
    let (year, month, dayOfMonth) = civil(day: day)
    append(year, 4, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    append(month, 2, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    append(dayOfMonth, 2, to: &bytes)
    bytes.append(UInt8(ascii: "T"))
    append(rest / 3_600_000, 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    append(rest / 60_000 % 60, 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    append(rest / 1_000 % 60, 2, to: &bytes)
    return rest % 1_000
  }

  private static func append(_ value: Int, _ count: Int, to bytes: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<count { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }

  // MARK: Reading

  /// Reads what `text` writes; `nil` for anything else, other offsets and other precisions included.
  package static func milliseconds(utf8 text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count == length, text[19] == UInt8(ascii: "."), text[23] == UInt8(ascii: "Z"),
      let seconds = seconds(text), let rest = number(text, 20..<23)
    else { return nil }
    return seconds * 1_000 + Int64(rest)
  }

  /// Reads any text of RFC 3339 § 5.6: a fraction of any length, which is cut to milliseconds, or none; `Z` or an
  /// offset. `nil` for anything else: days that no month has, leap seconds, small letters.
  package static func milliseconds(anyForm text: String) -> Int64? {
    var text = text
    return text.withUTF8 { milliseconds(anyForm: UnsafeRawBufferPointer($0)) }
  }

  private static func milliseconds(anyForm text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count >= 20, let seconds = seconds(text) else { return nil }
    var position = 19
    var fraction: Int64 = 0
    if text[position] == UInt8(ascii: ".") {
      position += 1
      let start = position
      while position < text.count, let digit = number(text, position..<(position + 1)) {
        if position < start + 3 { fraction = fraction * 10 + Int64(digit) }
        position += 1
      }
      guard position > start else { return nil }
      for _ in min(3, position - start)..<3 { fraction *= 10 }
    }
    let zone = UnsafeRawBufferPointer(rebasing: text[position...])
    guard let offset = offset(zone) else { return nil }
    return (seconds - Int64(offset) * 60) * 1_000 + fraction
  }

  /// Minutes east of UTC, of `Z` or `+HH:MM`.
  private static func offset(_ zone: UnsafeRawBufferPointer) -> Int? {
    if zone.elementsEqual([UInt8(ascii: "Z")]) { return 0 }
    guard zone.count == 6, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"), zone[3] == UInt8(ascii: ":"),
      let hours = number(zone, 1..<3), let minutes = number(zone, 4..<6), hours < 24, minutes < 60
    else { return nil }
    return zone[0] == UInt8(ascii: "-") ? -(hours * 60 + minutes) : hours * 60 + minutes
  }

  /// The seconds since 1970 of the first 19 characters, `2026-11-22T18:04:05`.
  private static func seconds(_ text: UnsafeRawBufferPointer) -> Int64? {
    for (position, mark) in marks where text[position] != mark { return nil }
    guard let year = number(text, 0..<4), let month = number(text, 5..<7), let day = number(text, 8..<10),
      let hour = number(text, 11..<13), let minute = number(text, 14..<16), let second = number(text, 17..<19),
      (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
    else { return nil }
    let days = Self.day(year: year, month: month, day: day)
    // The thirty-first of February comes out as a day of March.
    guard civil(day: days) == (year, month, day) else { return nil }
    return days * millisecondsADay / 1_000 + Int64(hour * 3_600 + minute * 60 + second)
  }

  private static func number(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    var value = 0
    for position in range {
      let digit = text[position] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }

  private static let marks: [(Int, UInt8)] = [
    (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")), (13, UInt8(ascii: ":")),
    (16, UInt8(ascii: ":")),
  ]

  // MARK: Floating-point seconds

  /// Returns the whole milliseconds of seconds since 1970. What lies within 50 microseconds below a millisecond is that
  /// one: a moment of whole milliseconds keeps them on its way through floating point, up to the year 9999. Values beyond
  /// all numbers are the outermost.
  package static func milliseconds(since1970 seconds: Double) -> Int64 {
    Int64(exactly: (seconds * 1_000 + 0.05).rounded(.down)) ?? (seconds < 0 ? .min : .max)
  }

  // MARK: The calendar

  private static let millisecondsADay: Int64 = 86_400_000
  /// 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
  private static let writable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value % divisor < 0 ? value / divisor - 1 : value / divisor
  }

  // Days since 1970 and the proleptic Gregorian calendar, counted in years that begin in March, so that the leap day is
  // the last of its year (method: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").

  private static func day(year: Int, month: Int, day: Int) -> Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * 146_097 + dayOfEra - 719_468)
  }

  private static func civil(day: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }
}
