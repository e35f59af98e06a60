/// Percent-encoding (RFC 3986 § 2.1). Which bytes stay as they are differs from place to place, so each caller says it.
package enum PercentCoding {
  /// Whether a byte is one of RFC 3986's unreserved characters: ASCII letters, digits, `-`, `.`, `_` and `~`.
  package static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// Encodes every byte that need not stay as it is, with capital digits as RFC 3986 § 2.1 asks.
  ///
  /// - Parameter isKept: whether a byte stays. Kept bytes from 0x80 on must be UTF-8 together.
  package static func encode(
    _ bytes: some Sequence<UInt8>, keeping isKept: (UInt8) -> Bool = PercentCoding.isUnreserved
  ) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.underestimatedCount)
    for byte in bytes {
      if isKept(byte) {
        text.append(byte)
      } else {
        text += [UInt8(ascii: "%"), capitalDigits[Int(byte >> 4)], capitalDigits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Decodes each `%XX`, digits of either case; `nil` when a `%` is not followed by two digits. The caller checks the
  /// bytes.
  package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.underestimatedCount)
    var rest = text.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next().flatMap({ Hex.value($0, allowsCapitals: true) }),
        let low = rest.next().flatMap({ Hex.value($0, allowsCapitals: true) })
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// Decodes a name or a value of a form (`application/x-www-form-urlencoded`), where `+` is a space; `nil` for a bad
  /// escape and for invalid UTF-8.
  package static func decodeForm(_ text: some StringProtocol) -> String? {
    let spaced = text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    return decode(spaced).flatMap { String(validating: $0, as: UTF8.self) }
  }

  private static let capitalDigits = Array("0123456789ABCDEF".utf8)
}
