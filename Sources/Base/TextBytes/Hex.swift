/// Bytes and 64-bit numbers as hexadecimal digits. Small digits are written; capitals are read only where a caller says
/// so.
package enum Hex {
  /// Digits of a 64-bit number.
  package static let numberLength = 16

  /// Returns the small digit of the lowest four bits.
  @inlinable
  package static func digit(_ value: UInt8) -> UInt8 {
    let value = value & 15
    return value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
  }

  /// Returns the value of one digit; `nil` for any other byte.
  @inlinable
  package static func value(_ digit: UInt8, allowsCapitals: Bool = false) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): allowsCapitals ? digit &- UInt8(ascii: "A") &+ 10 : nil
    default: nil
    }
  }

  // MARK: Bytes

  /// Returns two digits for each byte.
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes {
      digits.append(digit(byte >> 4))
      digits.append(digit(byte))
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Reads what `text` writes; `nil` for an odd number of digits and for any other character.
  package static func bytes(_ text: String, allowsCapitals: Bool = false) -> [UInt8]? {
    guard text.utf8.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 2)
    var high: UInt8?
    for digit in text.utf8 {
      guard let value = value(digit, allowsCapitals: allowsCapitals) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }

  // MARK: Numbers of 64 bits

  /// Returns 16 digits, leading zeros included: the form of incarnations, log ids and chains in files and URLs.
  package static func padded(_ number: UInt64) -> String {
    String(unsafeUninitializedCapacity: numberLength) { write(number, to: $0, at: 0) }
  }

  /// Appends 16 digits.
  package static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) {
      bytes.append(digit(UInt8(truncatingIfNeeded: number >> UInt64(shift))))
    }
  }

  /// Writes 16 digits into a buffer; returns the offset behind them.
  package static func write(_ number: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) -> Int {
    for position in 0..<numberLength {
      buffer[offset + position] = digit(UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * position)))
    }
    return offset + numberLength
  }

  /// Reads 16 small digits; `nil` for anything else.
  package static func number(_ text: some StringProtocol) -> UInt64? {
    var text = String(text)
    return text.withUTF8 { number(utf8: UnsafeRawBufferPointer($0)) }
  }

  /// Reads 16 small digits from borrowed bytes; `nil` for anything else.
  package static func number(utf8 bytes: UnsafeRawBufferPointer) -> UInt64? {
    guard bytes.count == numberLength else { return nil }
    var number: UInt64 = 0
    for byte in bytes {
      guard let digit = value(byte) else { return nil }
      number = number << 4 | UInt64(digit)
    }
    return number
  }
}
