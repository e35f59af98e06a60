/// A pattern of ids: `?` is one character and `*` any number of them within a part, `**` as a whole part is any number
/// of parts.
///
/// `**` matches everything, `tmp/**` everything below `tmp`, `**/wiki` every id whose last part is `wiki`. All other
/// characters match themselves, compared as bytes. Matching takes time proportional to the pattern's length times the
/// id's, for any pattern.
package struct Glob: Hashable, Sendable, CustomStringConvertible {
  private enum Part: Hashable, Sendable {
    case anyParts
    case bytes([UInt8])
  }

  /// The pattern as it was written.
  package let text: String
  private let parts: [Part]

  /// `**`.
  package static let everything = Glob(text: "**", parts: [.anyParts])

  private init(text: String, parts: [Part]) {
    self.text = text
    self.parts = parts
  }

  /// - Throws: `ReplicationError.invalidConfiguration` for an empty pattern or part, more than 1,024 bytes, and `**`
  ///   that is only a fragment of a part.
  package init(_ text: String) throws(ReplicationError) {
    if let reason = Self.objection(to: text) { throw .invalidConfiguration("glob '\(text)': \(reason)") }
    self.init(text: text, parts: Self.split(text).map { $0.elementsEqual("**".utf8) ? .anyParts : .bytes(Array($0)) })
  }

  /// The pattern as it was written.
  package var description: String { text }

  /// Whether the pattern matches the whole id.
  package func matches(_ id: ReplicableID) -> Bool { matches(path: id.text) }

  /// The same for a path that is no id, such as the name of a directory.
  package func matches(path: String) -> Bool {
    if parts == [.anyParts] { return true }
    let bytes = Array(path.utf8)
    let path = bytes.split(separator: Self.slash, omittingEmptySubsequences: false)
    // After a mismatch only the last `**` needs to take one more part: extending an earlier one cannot help.
    var (part, place) = (0, 0)
    var retry: (part: Int, place: Int)?
    while place < path.count {
      if part < parts.count, parts[part] == .anyParts {
        part += 1
        retry = (part, place)
      } else if part < parts.count, case .bytes(let pattern) = parts[part], Self.matches(pattern, path[place]) {
        part += 1
        place += 1
      } else if let last = retry {
        retry = (last.part, last.place + 1)
        (part, place) = (last.part, last.place + 1)
      } else {
        return false
      }
    }
    // `tmp/**` is below `tmp`, not `tmp` itself; `**` before other parts may match none.
    while part < parts.count - 1, parts[part] == .anyParts { part += 1 }
    return part == parts.count
  }

  /// The same way within one part, with `*` for `**`.
  private static func matches(_ pattern: [UInt8], _ name: ArraySlice<UInt8>) -> Bool {
    var (mark, place) = (0, name.startIndex)
    var retry: (mark: Int, place: Int)?
    while place < name.endIndex {
      if mark < pattern.count, pattern[mark] == UInt8(ascii: "*") {
        mark += 1
        retry = (mark, place)
      } else if mark < pattern.count, pattern[mark] == UInt8(ascii: "?") {
        mark += 1
        place = characterEnd(place, in: name)
      } else if mark < pattern.count, pattern[mark] == name[place] {
        mark += 1
        place += 1
      } else if let last = retry {
        let next = characterEnd(last.place, in: name)
        retry = (last.mark, next)
        (mark, place) = (last.mark, next)
      } else {
        return false
      }
    }
    return pattern[mark...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// Behind the UTF-8 sequence that begins there.
  private static func characterEnd(_ place: Int, in name: ArraySlice<UInt8>) -> Int {
    var end = place + 1
    while end < name.endIndex, name[end] & 0xc0 == 0x80 { end += 1 }
    return end
  }

  private static func objection(to text: String) -> String? {
    if text.utf8.count > 1_024 { return "longer than 1024 bytes" }
    for part in split(text) {
      if part.isEmpty { return "empty part" }
      if part.elementsEqual("**".utf8) { continue }
      if zip(part, part.dropFirst()).contains(where: { $0 == UInt8(ascii: "*") && $1 == UInt8(ascii: "*") }) {
        return "'**' must be a whole part between slashes"
      }
    }
    return nil
  }

  private static func split(_ text: String) -> [Substring.UTF8View] {
    text.utf8.split(separator: slash, omittingEmptySubsequences: false)
  }

  private static let slash = UInt8(ascii: "/")
}
