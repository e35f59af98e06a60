internal import AgentAPI
internal import Foundation

/// Text and numbers of another site, before they are kept and shown: one place for all of a row, also for fields that it gains later.
enum ForeignText {
  /// The row with each text cut to `length` characters and what does not show in it replaced, each list and each object cut to
  /// `count` members.
  ///
  /// - Throws: `WireError` for a number that counts nothing: negative, or beyond a million millions.
  static func cleaned<Row: Codable>(_ row: Row, length: Int = 1_000, count: Int = 200) throws -> Row {
    let value = try JSONSerialization.jsonObject(with: Data(try AgentJSON.encode(row)))
    let cleaned = try Self.cleaned(value, length, count)
    return try AgentJSON.decode(Row.self, from: try JSONSerialization.data(withJSONObject: cleaned))
  }

  private static func cleaned(_ value: Any, _ length: Int, _ count: Int) throws -> Any {
    switch value {
    case let text as String: return line(text, length)
    case let list as [Any]: return try list.prefix(count).map { try cleaned($0, length, count) }
    case let object as [String: Any]:
      var members: [String: Any] = [:]
      for (key, member) in object.sorted(by: { $0.key < $1.key }).prefix(count) {
        members[line(key, 100)] = try cleaned(member, length, count)
      }
      return members
    case let number as NSNumber:
      guard (0...1_000_000_000_000).contains(number.doubleValue) else {
        throw WireError("the number \(number) in a report")
      }
      return number
    default: return value
    }
  }

  /// One line: control characters, line ends and marks that turn the direction of text become `?`, what is longer ends in `…`.
  static func line(_ text: String, _ length: Int) -> String {
    var line = String.UnicodeScalarView()
    for (position, scalar) in text.unicodeScalars.enumerated() {
      guard position < length else {
        line.append("…")
        break
      }
      switch scalar.value {
      case 0..<0x20, 0x7f...0x9f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2069, 0xfeff: line.append("?")
      default: line.append(scalar)
      }
    }
    return String(line)
  }
}
