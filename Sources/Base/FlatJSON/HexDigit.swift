/// Hexadecimal digits in borrowed bytes.
package enum HexDigit {
  /// The value of one digit; nil when it is none.
  package static func value(_ byte: UInt8, allowsCapitals: Bool = false) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): allowsCapitals ? byte - UInt8(ascii: "A") + 10 : nil
    default: nil
    }
  }

  /// The number that 16 small digits stand for; nil for anything else.
  package static func number(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
    guard bytes.count == 16 else { return nil }
    var number: UInt64 = 0
    for byte in bytes {
      guard let digit = value(byte) else { return nil }
      number = number << 4 | UInt64(digit)
    }
    return number
  }
}
