/// The text of a Swift file with comments and the contents of strings blanked out, so that a search finds code only.
struct SwiftText {
  /// As in the file.
  let lines: [Substring]
  /// The same lines, blanked.
  let code: [Substring]

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var blanker = Blanker(Array(text.utf8))
    let blanked = blanker.blanked()
    code = blanked.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The modules that the file imports, each with the number of its line, from 1.
  var imports: [(module: String, line: Int)] {
    code.enumerated().flatMap { number, line in
      line.split(separator: ";").compactMap { statement in
        Self.importedModule(statement).map { ($0, number + 1) }
      }
    }
  }

  private static let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
  private static let kinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor",
  ]

  private static func importedModule(_ statement: Substring) -> String? {
    var words = statement.split(whereSeparator: \.isWhitespace)[...]
    while let first = words.first, first.hasPrefix("@") || modifiers.contains(first) { words = words.dropFirst() }
    guard words.first == "import" else { return nil }
    words = words.dropFirst()
    if let first = words.first, kinds.contains(first) { words = words.dropFirst() }
    return words.first.map { String($0.prefix { $0 != "." }) }
  }
}

/// Walks a Swift file and blanks what is not code. Skips comments (nested), strings (raw, multi-line, interpolated).
private struct Blanker {
  private let source: [UInt8]
  private var position = 0
  private var result: [UInt8] = []

  init(_ source: [UInt8]) { self.source = source }

  mutating func blanked() -> String {
    while position < source.count { step() }
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func step() {
    if sees("//") {
      while position < source.count, source[position] != UInt8(ascii: "\n") { blank() }
    } else if sees("/*") {
      skipComment()
    } else if let hashes = hashesBeforeString() {
      skipString(hashes: hashes)
    } else {
      result.append(source[position])
      position += 1
    }
  }

  private func sees(_ text: StaticString, at offset: Int = 0) -> Bool {
    text.withUTF8Buffer { source[min(position + offset, source.count)...].starts(with: $0) }
  }

  /// Newlines stay, so that line numbers hold.
  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where position < source.count {
      result.append(source[position] == UInt8(ascii: "\n") ? source[position] : UInt8(ascii: " "))
      position += 1
    }
  }

  private mutating func skipComment() {
    var depth = 0
    repeat {
      if sees("/*") {
        depth += 1
        blank(2)
      } else if sees("*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && position < source.count
  }

  private func hashesBeforeString() -> Int? {
    let hashes = source[position...].prefix { $0 == UInt8(ascii: "#") }.count
    return sees("\"", at: hashes) ? hashes : nil
  }

  private mutating func skipString(hashes: Int) {
    blank(hashes)
    let quotes = sees("\"\"\"") ? 3 : 1
    blank(quotes)
    let end =
      [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
    let escape = [UInt8(ascii: "\\")] + [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
    while position < source.count, !source[position...].starts(with: end) {
      guard source[position...].starts(with: escape) else {
        blank()
        continue
      }
      blank(escape.count)
      if sees("(") { skipInterpolation() } else { blank() }
    }
    blank(end.count)
  }

  /// Code within a string is code: `"\(value as! Int)"` counts.
  private mutating func skipInterpolation() {
    var depth = 0
    repeat {
      if sees("(") { depth += 1 } else if sees(")") { depth -= 1 }
      step()
    } while depth > 0 && position < source.count
  }
}
