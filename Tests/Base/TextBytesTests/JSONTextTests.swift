import Foundation
import TestSupport
import Testing
import TextBytes

@Suite("Flat JSON")
struct JSONTextTests {
  @Test("what is written is read back, by us and by Foundation")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<500 {
      let scalars = (0..<Int.random(in: 0...30, using: &generator)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...0x10ffff, using: &generator))
      }
      let text = String(String.UnicodeScalarView(scalars))
      let number = UInt64.random(in: 0 ... .max, using: &generator)
      var bytes = Array("{".utf8)
      JSONText.append("text", text, to: &bytes)
      bytes.append(UInt8(ascii: ","))
      JSONText.append("number", number, to: &bytes)
      bytes.append(UInt8(ascii: "}"))
      let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
      #expect(object["text"] as? String == text)
      try bytes.withUnsafeBytes { raw in
        var scanner = JSONScanner(raw)
        try scanner.take("{")
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
          if scanner.matches(key, "text") {
            #expect(Array(try scanner.string().utf8) == Array(text.utf8))
          } else {
            #expect(try scanner.unsigned() == number)
          }
        }
        try scanner.end()
      }
    }
  }

  @Test("a mark in a string is seen wherever it stands", arguments: ["\"", "\\", "\u{1f}", "\u{80}", "é", "~"])
  func marks(mark: String) throws {
    for before in 0..<20 {
      for after in 0..<10 {
        let text = String(repeating: "x", count: before) + mark + String(repeating: "y", count: after)
        var bytes: [UInt8] = []
        JSONText.append(text, to: &bytes)
        try bytes.withUnsafeBytes { raw in
          var scanner = JSONScanner(raw)
          #expect(try scanner.string() == text)
          try scanner.end()
        }
      }
    }
  }

  @Test(
    "what is no JSON is refused with its place",
    arguments: [
      "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,2", "\"\u{1}\"", "nul", "01x", "{\"a\":1}{",
      String(repeating: "[", count: 100),
    ])
  func refused(text: String) {
    #expect(throws: JSONScanError.self) {
      try Array(text.utf8).withUnsafeBytes { raw in
        var scanner = JSONScanner(raw)
        try scanner.skipValue()
        try scanner.end()
      }
    }
  }
}
