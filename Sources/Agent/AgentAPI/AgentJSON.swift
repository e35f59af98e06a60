internal import Foundation

/// How the values of this room are written: keys in small letters with underscores, no escaped slashes, sorted.
package enum AgentJSON {
  /// The bytes of a value.
  package static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }

  /// The keys and values of a flat object, in order of the keys; those without a value are left out.
  package static func columns(of value: some Encodable) throws -> [(name: String, value: String)] {
    let object = try JSONSerialization.jsonObject(with: Data(try encode(value))) as? [String: Any] ?? [:]
    return object.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
  }

  /// The value of some bytes. Unknown keys are skipped: a newer site may send more.
  ///
  /// - Throws: `AgentNumber.Refusal` for a number that is no number of the API, what `JSONDecoder` throws for anything else.
  package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
    let data = Data(bytes)
    try data.withUnsafeBytes { text in try AgentNumber.check(text) }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: data)
  }
}

/// The numbers of the API. Every value that is decoded is checked first, so that no answer and no request of another
/// program holds a number with which counting could overflow.
package enum AgentNumber {
  /// The largest integer that every JSON reader represents exactly (RFC 7493, section 2.2): 2^53 - 1. Its negative is
  /// the smallest.
  package static let highest: Int64 = 9_007_199_254_740_991

  /// Why a text was refused.
  package struct Refusal: Error, Hashable, CustomStringConvertible {
    /// One line.
    package let description: String
  }

  /// Checks each number of a JSON text. The decoder refuses invalid JSON.
  ///
  /// - Throws: `Refusal` for the first number whose magnitude is larger than `highest`, and for a text with a null
  ///   byte: the decoder would read it as UTF-16 or UTF-32, whose digits this check does not find.
  package static func check(_ text: UnsafeRawBufferPointer) throws {
    guard !text.contains(0) else { throw Refusal(description: "the text is not UTF-8") }
    var position = 0
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: "\""): position = endOfString(text, from: position)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let end = text[position...].firstIndex { !isPartOfNumber($0) } ?? text.count
        try check(number: text[position..<end])
        position = end
      default: position &+= 1
      }
    }
  }

  private static func endOfString(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var position = start &+ 1
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      position &+= text[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return position &+ 1
  }

  private static func isPartOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private static func check(number: Slice<UnsafeRawBufferPointer>) throws {
    let isShort = number.count <= 15 && number.allSatisfy { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
    if isShort { return }
    let text = String(decoding: number.prefix(400), as: UTF8.self)
    // The decoder refuses invalid numbers. No agent writes a number longer than this.
    let isInRange = number.count <= 400 && (Double(text).map { $0.magnitude <= Double(highest) } ?? true)
    guard isInRange else {
      throw Refusal(description: "the number \(text.prefix(40)) is larger than \(highest)")
    }
  }
}

extension FixedWidthInteger {
  /// The sum, or the largest or smallest value where the sum is beyond it: for totals of numbers that other sites sent.
  package func clampedSum(_ other: Self) -> Self {
    let (sum, isOverflow) = addingReportingOverflow(other)
    return isOverflow ? other < 0 ? .min : .max : sum
  }

  /// The difference, or the largest or smallest value where it is beyond it.
  package func clampedDifference(_ other: Self) -> Self {
    let (difference, isOverflow) = subtractingReportingOverflow(other)
    return isOverflow ? other > 0 ? .min : .max : difference
  }

  /// `self` of `whole` in parts of `parts`, rounded down; 0 of nothing. No product is formed that could overflow.
  package func share(of whole: Self, in parts: Self) -> Self {
    guard whole > 0, self > 0, parts > 0 else { return 0 }
    let (quotient, _) = whole.dividingFullWidth(Swift.min(self, whole).multipliedFullWidth(by: parts))
    return quotient
  }
}
