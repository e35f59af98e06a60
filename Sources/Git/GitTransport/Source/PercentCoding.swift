import GitValues

/// Percent-encoding of URLs (RFC 3986 § 2.1).
enum PercentCoding {
  /// Undoes the encoding. `nil` when a `%` is not followed by two digits, or the result is not UTF-8 or holds a control
  /// character.
  static func decode(_ text: some StringProtocol) -> String? {
    decodeBytes(text).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The same for a path, which need not be UTF-8, as `PathText`.
  static func decodePath(_ text: some StringProtocol) -> String? { decodeBytes(text).map { PathText.text($0) } }

  private static func decodeBytes(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = PathText.bytes(String(text))[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes.contains(where: isControl) ? nil : bytes
  }

  /// Encodes what may not stand in the path or query of a request line, and leaves what is encoded already.
  static func encodeIllegal(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    for byte in PathText.bytes(String(text)) {
      if byte > 0x20, byte < 0x7F, !"\"<>\\^`{|}".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

  private static let hexDigits = Array("0123456789ABCDEF".utf8)

  private static func digit(_ byte: UInt8) -> UInt8? { Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init) }
}
