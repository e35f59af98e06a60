import GitValues
import Testing

@Suite("Text files of other systems")
struct TextLinesTests {
  @Test(
    "are split at LF, with CR before it or not",
    arguments: [
      ("a\nb\n", ["a", "b", ""]), ("a\r\nb\r\n", ["a", "b", ""]), ("a\r\n\r\nb", ["a", "", "b"]), ("", [""]),
      ("\u{FEFF}a\r\nb", ["a", "b"]), ("a\rb\n", ["a\rb", ""]), ("a\u{2028}b\u{85}c\n", ["a\u{2028}b\u{85}c", ""]),
    ])
  func lines(text: String, lines: [String]) {
    #expect(TextLines.strings(Array(text.utf8)) == lines)
  }

  @Test("words are separated by spaces and tabs only")
  func words() {
    let words = TextLines.words(Array(" a\tb  c\u{A0}d\r".utf8)[...])
    #expect(words.map { String(decoding: $0, as: UTF8.self) } == ["a", "b", "c\u{A0}d\r"])
  }

  @Test("UTF-16 is named, with and without a mark")
  func encodings() {
    #expect(TextLines.foreignEncoding(of: [0xFF, 0xFE, 0x61, 0]) != nil)
    #expect(TextLines.foreignEncoding(of: [0xFE, 0xFF, 0, 0x61]) != nil)
    #expect(TextLines.foreignEncoding(of: "a b\n".utf8.flatMap { [$0, 0] }) != nil)
    #expect(TextLines.foreignEncoding(of: [0xEF, 0xBB, 0xBF, 0x61]) == nil)
    #expect(TextLines.foreignEncoding(of: [0x63, 0x61, 0x66, 0xE9]) == nil)
    #expect(TextLines.foreignEncoding(of: []) == nil)
  }

  @Test(
    "a path comes back byte for byte, whatever it is",
    arguments: [
      [], Array("/srv/a.git".utf8), Array("/srv/caf\u{E9}".utf8), [0x2F, 0x63, 0xE9], [0xFF, 0xFE, 0x80, 0x00, 0x41],
      Array("\u{10FE80}\u{10FEFF}\u{10FFFF}".utf8), [0xF4, 0x8F, 0xBA], [0xC0, 0x80, 0xED, 0xA0, 0x80],
      Array("\u{FFFD}".utf8),
    ] as [[UInt8]])
  func paths(bytes: [UInt8]) {
    let text = PathText.text(bytes)
    #expect(PathText.bytes(text) == bytes)
    #expect(PathText.isEscaped(text) == (String(validating: bytes, as: UTF8.self) != text))
    #expect(PathText.shown(text) == String(decoding: bytes, as: UTF8.self))
  }

  @Test("every two bytes come back")
  func allPairs() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let bytes = [first, second]
        guard PathText.bytes(PathText.text(bytes)) == bytes else {
          Issue.record("\(bytes) became \(PathText.bytes(PathText.text(bytes)))")
          return
        }
      }
    }
  }
}

@Suite("Names that no repository can hold together")
struct DirectoryConflictTests {
  @Test(
    "are found wherever they stand",
    arguments: [
      (["refs/heads/a", "refs/heads/a/b"], ["refs/heads/a", "refs/heads/a/b"]),
      (["refs/heads/a", "refs/heads/a-b", "refs/heads/a.b", "refs/heads/a/b"], ["refs/heads/a", "refs/heads/a/b"]),
      (["refs/heads/a", "refs/heads/a-b", "refs/heads/ab"], []),
      (["refs/x", "refs/x/y", "refs/x/y/z", "refs/x0"], ["refs/x", "refs/x/y", "refs/x/y/z"]),
      (["refs/heads/a", "refs/tags/a/b"], []),
      ([], []),
    ] as [([String], [String])])
  func conflicts(names: [String], expected: [String]) throws {
    let oid = try #require(ObjectID(String(repeating: "1", count: 40)))
    let listing = RefListing(names.map { RefListing.Entry(name: ReferenceName($0), oid: oid) })
    #expect(BrokenRef.conflicts(in: listing).map { $0.name.description } == expected)
  }
}
