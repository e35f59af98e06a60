extension Timestamp: CustomStringConvertible, LosslessStringConvertible {
  /// RFC 3339 in UTC with milliseconds.
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the 24 characters of `description`.
  package func append(to bytes: inout [UInt8]) {
    let day = Self.floorDivide(milliseconds, Self.millisecondsADay)
    let rest = Int(milliseconds - day * Self.millisecondsADay)
    let (year, month, dayOfMonth) = Self.civil(day: day)
    func digits(_ value: Int, _ count: Int) {
      var divisor = 1
      for _ in 1..<count { divisor *= 10 }
      while divisor > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
        divisor /= 10
      }
    }
    bytes.reserveCapacity(bytes.count + Self.textLength)
    digits(year, 4)
    bytes.append(UInt8(ascii: "-"))
    digits(month, 2)
    bytes.append(UInt8(ascii: "-"))
    digits(dayOfMonth, 2)
    bytes.append(UInt8(ascii: "T"))
    digits(rest / 3_600_000, 2)
    bytes.append(UInt8(ascii: ":"))
    digits(rest / 60_000 % 60, 2)
    bytes.append(UInt8(ascii: ":"))
    digits(rest / 1_000 % 60, 2)
    bytes.append(UInt8(ascii: "."))
    digits(rest % 1_000, 3)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// Reads what `description` writes; `nil` for anything else, other offsets and other precisions included.
  public init?(_ description: String) {
    var description = description
    guard let moment = description.withUTF8({ Timestamp(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = moment
  }

  /// The same over borrowed bytes, for bulk reading.
  package init?(utf8 text: UnsafeRawBufferPointer) {
    guard text.count == Self.textLength else { return nil }
    for (position, mark) in Self.marks where text[position] != mark { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for position in range {
        let digit = text[position] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        value = value * 10 + Int(digit)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), let millisecond = number(20..<23),
      (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
    else { return nil }
    let days = Self.day(year: year, month: month, day: day)
    // The thirty-first of February comes out as a day of March.
    guard Self.civil(day: days) == (year, month, day) else { return nil }
    let seconds = Int64(hour * 3_600 + minute * 60 + second)
    self.init(milliseconds: days * Self.millisecondsADay + seconds * 1_000 + Int64(millisecond))
  }

  package static let textLength = 24
  private static let millisecondsADay: Int64 = 86_400_000
  private static let marks: [(Int, UInt8)] = [
    (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")), (13, UInt8(ascii: ":")),
    (16, UInt8(ascii: ":")), (19, UInt8(ascii: ".")), (23, UInt8(ascii: "Z")),
  ]

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : (value - divisor + 1) / divisor
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
