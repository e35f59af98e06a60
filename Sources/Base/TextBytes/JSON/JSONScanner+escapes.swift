extension JSONScanner {
  /// The string that stands with escapes in the range.
  package func unescaped(_ range: Range<Int>) throws(JSONScanError) -> String {
    let raw = slice(range)
    var text: [UInt8] = []
    text.reserveCapacity(raw.count)
    var position = 0
    while position < raw.count {
      guard raw[position] == UInt8(ascii: "\\") else {
        text.append(raw[position])
        position += 1
        continue
      }
      guard position + 1 < raw.count else { throw failure("an escape") }
      let mark = raw[position + 1]
      position += 2
      switch mark {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(mark)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0c)
      case UInt8(ascii: "n"): text.append(0x0a)
      case UInt8(ascii: "r"): text.append(0x0d)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"): text.append(contentsOf: try scalar(raw, &position).utf8)
      default: throw failure("an escape")
      }
    }
    guard let decoded = String(validating: text, as: UTF8.self) else { throw failure("UTF-8") }
    return decoded
  }

  /// The character of `\u` and four digits, or of two such that are a surrogate pair.
  private func scalar(_ raw: UnsafeRawBufferPointer, _ position: inout Int) throws(JSONScanError) -> String {
    let first = try unit(raw, &position)
    if let scalar = Unicode.Scalar(first) { return String(scalar) }
    let isPair =
      position + 1 < raw.count && raw[position] == UInt8(ascii: "\\") && raw[position + 1] == UInt8(ascii: "u")
    guard (0xd800..<0xdc00).contains(first), isPair else { throw failure("a surrogate pair") }
    position += 2
    let second = try unit(raw, &position)
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw failure("a surrogate pair") }
    return String(scalar)
  }

  private func unit(_ raw: UnsafeRawBufferPointer, _ position: inout Int) throws(JSONScanError) -> UInt32 {
    guard position + 4 <= raw.count else { throw failure("four hexadecimal digits") }
    var value: UInt32 = 0
    for offset in position..<(position + 4) {
      guard let digit = Hex.value(raw[offset], allowsCapitals: true) else {
        throw failure("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
