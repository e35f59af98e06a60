/// Writes JSON by hand: Foundation's encoder takes several times as long as everything else of an append.
package enum JSONText {
  /// Appends a string with its quotes. Control characters are escaped, all else stays as it is.
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { utf8 in
      if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
        bytes.append(contentsOf: utf8)
        return
      }
      for byte in utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
          bytes.append(UInt8(ascii: "\\"))
          bytes.append(byte)
        case 0..<0x20:
          bytes.append(contentsOf: "\\u00".utf8)
          bytes.append(Hex.digit(byte >> 4))
          bytes.append(Hex.digit(byte))
        default: bytes.append(byte)
        }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends `"KEY":"TEXT"`. The key must need no escapes.
  package static func append(_ key: StaticString, _ text: String, to bytes: inout [UInt8]) {
    append(key: key, to: &bytes)
    append(text, to: &bytes)
  }

  /// Appends `"KEY":NUMBER`.
  package static func append(_ key: StaticString, _ number: UInt64, to bytes: inout [UInt8]) {
    append(key: key, to: &bytes)
    append(decimal: number, to: &bytes)
  }

  /// Appends `"KEY":`.
  package static func append(key: StaticString, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  /// Appends the digits of a number.
  package static func append(decimal number: UInt64, to bytes: inout [UInt8]) {
    let start = bytes.count
    var rest = number
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}
