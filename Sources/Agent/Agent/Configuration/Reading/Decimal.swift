/// Whole numbers with units, as in configuration files.
enum Decimal {
  /// Parses digits only; `nil` on overflow.
  static func number(_ text: some StringProtocol) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt64(text)
  }

  /// `60s`, `1h30m`, `7d`: units w, d, h, m, s, ms, the larger before the smaller.
  static func duration(_ text: String) -> Duration? {
    let units: [(name: String, milliseconds: UInt64)] = [
      ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    var rest = text[...]
    var smallest = UInt64.max
    var total: UInt64 = 0
    repeat {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard let count = number(digits), count < 1_000_000_000, let unit = units.first(where: { $0.name == name }),
        unit.milliseconds < smallest
      else { return nil }
      smallest = unit.milliseconds
      total += count * unit.milliseconds
    } while !rest.isEmpty
    return .milliseconds(total)
  }

  /// `512`, `512B`, `64KiB`, `64MiB`, `1GiB`, `1TiB`.
  static func size(_ text: String) -> UInt64? {
    let units: [(name: String, shift: UInt64)] = [
      ("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("", 0),
    ]
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = number(digits), let unit = units.first(where: { $0.name == text.dropFirst(digits.count) }),
      count <= UInt64(Int64.max) >> unit.shift
    else { return nil }
    return count << unit.shift
  }
}
