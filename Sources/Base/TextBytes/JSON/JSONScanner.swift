internal import Glibc

/// Reads JSON from borrowed bytes, value by value, as the caller asks for them: no tree, no allocation but for strings.
///
/// It accepts what RFC 8259 calls JSON, with two bounds: 64 levels, and no object key may need an escape to be
/// understood (an escaped key is taken for an unknown one). Bytes that are not UTF-8 are an error in every string
/// that is read, and are let pass in those that are skipped.
package struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  package private(set) var position: Int

  /// The bytes must stay where they are for as long as the scanner is used.
  package init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  package static let maximumDepth = 64

  package func failure(_ expected: String) -> JSONScanError { JSONScanError(expected: expected, offset: position) }

  /// The next byte that is no white space, without taking it.
  package mutating func peek() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
      position += 1
    }
    return nil
  }

  /// Takes one mark.
  package mutating func take(_ mark: Unicode.Scalar) throws(JSONScanError) {
    guard peek() == UInt8(ascii: mark) else { throw failure("'\(mark)'") }
    position += 1
  }

  /// Nothing but white space may follow.
  package mutating func end() throws(JSONScanError) {
    guard peek() == nil else { throw failure("the end") }
  }

  /// The next key of an object whose `{` was taken, or nil behind its `}`.
  /// - Parameter isFirst: true before the first member; made false.
  package mutating func nextKey(_ isFirst: inout Bool) throws(JSONScanError) -> Range<Int>? {
    guard try hasNext(&isFirst, closing: "}") else { return nil }
    let key = try rawString().range
    try take(":")
    return key
  }

  /// Whether an array whose `[` was taken, or an object, goes on; takes the comma, or the closing mark.
  package mutating func hasNext(_ isFirst: inout Bool, closing: Unicode.Scalar) throws(JSONScanError) -> Bool {
    defer { isFirst = false }
    if peek() == UInt8(ascii: closing) {
      position += 1
      return false
    }
    if !isFirst { try take(",") }
    return true
  }

  /// True when the bytes of the range are those of the text.
  package func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count where bytes[range.lowerBound + offset] != text.utf8Start[offset] { return false }
    return true
  }

  /// The bytes of a range.
  package func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

  /// A string as it stands between its quotes, and whether it has escapes.
  package mutating func rawString() throws(JSONScanError) -> (range: Range<Int>, isEscaped: Bool) {
    try take("\"")
    let start = position
    var isEscaped = false
    while position < bytes.count {
      position += plainBytes()
      guard position < bytes.count else { break }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return (start..<(position - 1), isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        position += 2
      case 0..<0x20: throw failure("a character that is no control character")
      default: position += 1
      }
    }
    position = bytes.count
    throw failure("'\"'")
  }

  /// How many of the next bytes are surely nothing special in a string, in steps of eight. Looking at each byte took a
  /// seventh of the opening of a large registry.
  private func plainBytes() -> Int {
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    var length = 0
    while position + length + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: position + length, as: UInt64.self)
      // The high bit of a byte that is zero after the subtraction of the mark, or below 0x20.
      let (quotes, escapes) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5c))
      let special =
        ((quotes &- ones) & ~quotes) | ((escapes &- ones) & ~escapes) | ((word &- (ones &* 0x20)) & ~word)
      guard special & highs == 0 else { return length }
      length += 8
    }
    return length
  }

  /// A string.
  package mutating func string() throws(JSONScanError) -> String {
    let (range, isEscaped) = try rawString()
    if isEscaped { return try unescaped(range) }
    guard let text = String(validating: slice(range), as: UTF8.self) else { throw failure("UTF-8") }
    return text
  }

  /// A whole number from 0 to 2^64 - 1, without fraction or exponent.
  package mutating func unsigned() throws(JSONScanError) -> UInt64 {
    guard let first = peek(), isDigit(first) else { throw failure("a number") }
    let start = position
    var value: UInt64 = 0
    while position < bytes.count, isDigit(bytes[position]) {
      let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isOverflow) = shifted.addingReportingOverflow(UInt64(bytes[position] - UInt8(ascii: "0")))
      guard !isTooLarge && !isOverflow else { throw failure("a number below 2^64") }
      value = sum
      position += 1
    }
    let isWhole =
      position == bytes.count || ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position])
    guard isWhole, first != UInt8(ascii: "0") || position == start + 1 else { throw failure("a whole number") }
    return value
  }

  /// A number, `true`, `false` or `null` as it stands.
  package mutating func rawWord() throws(JSONScanError) -> String {
    let first = peek()
    let start = position
    switch first {
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
    return String(decoding: slice(start..<position), as: UTF8.self)
  }

  /// Takes one value of any kind.
  package mutating func skipValue() throws(JSONScanError) { try skipValue(depth: 0) }

  private mutating func skipValue(depth: Int) throws(JSONScanError) {
    guard depth < Self.maximumDepth else { throw failure("fewer than \(Self.maximumDepth) levels") }
    switch peek() {
    case UInt8(ascii: "{"):
      position += 1
      var isFirst = true
      while try nextKey(&isFirst) != nil { try skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      position += 1
      var isFirst = true
      while try hasNext(&isFirst, closing: "]") { try skipValue(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try rawString()
    default: _ = try rawWord()
    }
  }

  private mutating func word(_ word: StaticString) throws(JSONScanError) {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count, matches(position..<end, word) else { throw failure("\(word)") }
    position = end
  }

  private mutating func number() throws(JSONScanError) {
    if peek() == UInt8(ascii: "-") { position += 1 }
    let isZero = position < bytes.count && bytes[position] == UInt8(ascii: "0")
    let start = position
    try digits()
    guard !isZero || position == start + 1 else { throw failure("a number without a zero before it") }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      try digits()
    }
  }

  private mutating func digits() throws(JSONScanError) {
    let start = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    guard position > start else { throw failure("a value") }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}

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

/// Why a text is not the JSON that was expected.
package struct JSONScanError: Error, Hashable, CustomStringConvertible {
  /// The expected syntax.
  package let expected: String
  /// Where, in bytes from the start of the text.
  package let offset: Int

  package var description: String { "\(expected) expected at byte \(offset)" }
}

extension UnsafeRawBufferPointer {
  /// Where the byte occurs first, from `start` on; nil when it does not. By memchr(3): every byte of the log passes
  /// here.
  package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    return memchr(base + start, CInt(byte), count - start).map { UnsafeRawPointer($0) - base }
  }
}
