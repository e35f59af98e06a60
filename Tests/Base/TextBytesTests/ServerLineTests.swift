import Testing
import TextBytes

@Suite("Lines of servers")
struct ServerLineTests {
  @Test(
    "becomes one harmless line",
    arguments: [
      ("", ""),
      ("plain words", "plain words"),
      ("two\r\nlines\n", "two lines"),
      ("  blanks \t and\u{0}nul  ", "blanks and nul"),
      ("\u{1B}[31mred\u{1B}[0m alert", "red alert"),
      ("\u{1B}]0;title\u{7}x", "x"),
      ("\u{1B}]8;;http://a\u{1B}\\link", "link"),
      ("\u{1B}]never ended", ""),
      ("\u{1B}(Bafter\u{1B}", "Bafter"),
      ("\u{9B}2Jcleared", "cleared"),
      ("Grüße, 世界", "Grüße, 世界"),
      ("a\u{202E}b\u{2066}c\u{200B}d", "abcd"),
      ("line\u{2028}separator", "line separator"),
      ("\u{85}\u{A0}x", "x"),
      ("a\u{AD}b\u{61C}c\u{2060}d\u{206F}e\u{E0041}f\u{FEFF}", "abcdef"),
    ])
  func harmless(text: String, expected: String) {
    #expect(ForeignText.serverLine(Array(text.utf8)) == expected)
  }

  @Test("that is not UTF-8 shows replacement characters")
  func invalid() {
    #expect(ForeignText.serverLine([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
  }

  @Test("is cut at its limit, at a character", arguments: [0, 1, 2, 3, 10])
  func limit(limit: Int) {
    let text = ForeignText.serverLine(Array(String(repeating: "ä", count: 1_000_000).utf8), limit: limit)
    #expect(text == String(repeating: "ä", count: limit / 2) + "…")
  }

  @Test("exactly as long as its limit is whole")
  func exact() {
    #expect(ForeignText.serverLine(Array("12345".utf8), limit: 5) == "12345")
    #expect(ForeignText.serverLine(Array("123456".utf8), limit: 5) == "12345…")
  }

  @Test("no control character and nothing that does not print passes")
  func everyClass() {
    for value in (0..<0x3000 as Range<UInt32>).map({ $0 }) + [0xfeff, 0xfff9, 0xfffb, 0xe0000, 0xe0fff] {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let line = ForeignText.serverLine(Array("a\(scalar)b".utf8))
      #expect(line.unicodeScalars.allSatisfy { ForeignText.prints($0) }, "\(value)")
    }
  }
}
