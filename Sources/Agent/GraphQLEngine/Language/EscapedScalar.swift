internal import TextBytes

/// What stands behind `\u` in a string of a document (section 2.9.4).
enum EscapedScalar {
  /// Reads four hexadecimal digits, and another `\uXXXX` where the first are half of a pair.
  ///
  /// - Parameter index: after the `u`; then after the digits that were read.
  /// - Returns: `nil` for other digits, and for halves without the other half.
  static func read(_ bytes: [UInt8], _ index: inout Int) -> Unicode.Scalar? {
    guard let high = unit(bytes, &index) else { return nil }
    guard (0xd800..<0xdc00).contains(high) else { return Unicode.Scalar(high) }
    guard bytes[index...].starts(with: "\\u".utf8) else { return nil }
    index += 2
    guard let low = unit(bytes, &index), (0xdc00..<0xe000).contains(low) else { return nil }
    return Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
  }

  /// Reads `{…}` with one to eight hexadecimal digits, as documents may have it.
  ///
  /// - Returns: `nil` for anything else.
  static func readBraced(_ bytes: [UInt8], _ index: inout Int) -> Unicode.Scalar? {
    guard let close = bytes[index...].prefix(10).firstIndex(of: UInt8(ascii: "}")) else { return nil }
    let digits = bytes[(index + 1)..<close]
    index = close + 1
    return number(digits).flatMap { Unicode.Scalar($0) }
  }

  private static func unit(_ bytes: [UInt8], _ index: inout Int) -> UInt32? {
    let digits = bytes[index...].prefix(4)
    guard digits.count == 4 else { return nil }
    index += 4
    return number(digits)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard (1...8).contains(digits.count) else { return nil }
    var number: UInt32 = 0
    for byte in digits {
      guard let digit = Hex.value(byte, allowsCapitals: true) else { return nil }
      number = number << 4 | UInt32(digit)
    }
    return number
  }
}
