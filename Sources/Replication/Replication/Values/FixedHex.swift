/// 64 bits as 16 small hexadecimal digits, the form of incarnations, log ids and chains in files and URLs.
package enum FixedHex {
  package static let length = 16

  /// The digits, with leading zeros.
  package static func text(_ value: UInt64) -> String {
    String(unsafeUninitializedCapacity: length) { write(value, to: $0, at: 0) }
  }

  /// Writes the digits into a buffer; returns the offset behind them.
  package static func write(_ value: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) -> Int {
    for position in 0..<length {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * position)) & 15
      buffer[offset + position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
    }
    return offset + length
  }

  /// `nil` for anything but 16 small hexadecimal digits.
  package static func value(_ text: String) -> UInt64? {
    var text = text
    return text.withUTF8 { value(utf8: UnsafeRawBufferPointer($0)) }
  }

  /// The same over borrowed bytes, for bulk reading.
  package static func value(utf8 bytes: UnsafeRawBufferPointer) -> UInt64? {
    guard bytes.count == length else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }
}
