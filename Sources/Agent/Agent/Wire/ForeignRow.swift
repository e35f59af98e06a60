internal import AgentAPI
internal import Foundation
internal import TextBytes

/// Sanitizes a row that another site sent, before it is stored and shown: all texts, numbers and lists, also of fields
/// that are added later.
enum ForeignRow {
  /// The row with each text as `ForeignText.line` makes it, of at most `length` characters, each list and each object
  /// cut to `count` members.
  ///
  /// - Throws: `WireError` for a number that is negative or larger than 10¹².
  static func cleaned<Row: Codable>(_ row: Row, length: Int = 1_000, count: Int = 200) throws -> Row {
    let value = try JSONSerialization.jsonObject(with: Data(try AgentJSON.encode(row)))
    let cleaned = try Self.cleaned(value, length, count)
    return try AgentJSON.decode(Row.self, from: try JSONSerialization.data(withJSONObject: cleaned))
  }

  private static func cleaned(_ value: Any, _ length: Int, _ count: Int) throws -> Any {
    switch value {
    case let text as String: return ForeignText.line(text, longest: length)
    case let list as [Any]: return try list.prefix(count).map { try cleaned($0, length, count) }
    case let object as [String: Any]:
      var members: [String: Any] = [:]
      for (key, member) in object.sorted(by: { $0.key < $1.key }).prefix(count) {
        members[ForeignText.line(key, longest: 100)] = try cleaned(member, length, count)
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
}
