import Testing
import TextBytes

@Suite("Text of others")
struct ForeignTextTests {
  /// One of each class: C0, DEL, C1, soft hyphen, marks of direction, separators, without width, tags, annotations.
  private static let hidden: [UInt32] = [
    0x00, 0x09, 0x0a, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0xad, 0x61c, 0x180e, 0x200b, 0x200e, 0x200f,
    0x2028,
    0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x206f, 0xfeff, 0xfff9, 0xfffb, 0xe0000, 0xe0041, 0xe0fff,
  ]

  @Test("control characters are those of Unicode's category Cc, and no others")
  func controls() {
    for value in 0...0x10ffff as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let isControl = scalar.properties.generalCategory == .control
      if ForeignText.isControl(scalar) != isControl { Issue.record("U+\(String(value, radix: 16))") }
      if isControl, ForeignText.prints(scalar) { Issue.record("U+\(String(value, radix: 16)) prints") }
    }
    for byte in UInt8.min...0x7f {
      #expect(ForeignText.isControl(byte) == ForeignText.isControl(Unicode.Scalar(byte)))
    }
    #expect((UInt8(0x80) ... .max).allSatisfy { !ForeignText.isControl($0) })
  }

  @Test("what does not print is marked or numbered, by the class that was asked for", arguments: hidden)
  func replaced(value: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(value))
    let (text, number) = ("a\(scalar)b", "a\\u{\(String(value, radix: 16))}b")
    #expect(ForeignText.line(text) == "a?b")
    #expect(ForeignText.numbered(text) == number)
    let isControl = ForeignText.isControl(scalar)
    #expect(ForeignText.withoutControls(text).unicodeScalars.elementsEqual((isControl ? "a?b" : text).unicodeScalars))
    let numbered = ForeignText.numbered(text, where: ForeignText.isControl)
    #expect(numbered.unicodeScalars.elementsEqual((isControl ? number : text).unicodeScalars))
    #expect(ForeignText.isLineSeparator(scalar) == (value == 0x2028 || value == 0x2029))
  }

  @Test(
    "what prints stays as it is",
    arguments: ["", "plain", "Grüße, 世界", "e\u{301}", "'\"\\<>&%", " a  b ", "🎣", "\u{a0}"])
  func kept(text: String) {
    for shown in [ForeignText.line(text), ForeignText.withoutControls(text), ForeignText.numbered(text)] {
      #expect(shown.unicodeScalars.elementsEqual(text.unicodeScalars))
    }
  }

  @Test("a line end of two characters is two", arguments: ["a\r\nb"])
  func lineEnds(text: String) {
    #expect(ForeignText.line(text) == "a??b" && ForeignText.withoutControls(text) == "a??b")
    #expect(ForeignText.numbered(text) == "a\\u{d}\\u{a}b")
  }

  @Test("lengths are of scalars; what a line leaves out is counted in bytes")
  func lengths() {
    let text = String(repeating: "ä", count: 600)
    #expect(ForeignText.line(text) == String(repeating: "ä", count: 500) + "… (200 more bytes)")
    #expect(ForeignText.line(text, longest: 600) == text)
    #expect(ForeignText.line("ab", longest: 0) == "… (2 more bytes)")
    #expect(ForeignText.withoutControls(text, longest: 200) == String(repeating: "ä", count: 200))
    #expect(ForeignText.withoutControls("e\u{301}", longest: 1) == "e")
    #expect(ForeignText.withoutControls(text).utf8.count == 1_200)
  }

  @Test("bytes that are not UTF-8 are replacement characters once they are text")
  func notUTF8() {
    let text = String(decoding: [0x61, 0x9b, 0xff, 0x62] as [UInt8], as: UTF8.self)
    #expect(ForeignText.line(text) == "a\u{FFFD}\u{FFFD}b")
  }

  @Test(
    "a word is of small letters, digits and underscores, at most 64",
    arguments: [
      ("not_found", true), ("a", true), ("409", true), (String(repeating: "a", count: 64), true), ("", false),
      (String(repeating: "a", count: 65), false), ("Not", false), ("a b", false), ("a\u{1b}", false), ("é", false),
    ])
  func words(text: String, isWord: Bool) { #expect(ForeignText.word(text) == (isWord ? text : nil)) }
}
