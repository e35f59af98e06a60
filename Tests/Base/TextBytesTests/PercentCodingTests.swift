import Foundation
import TestSupport
import Testing
import TextBytes

@Suite("Percent-encoding")
struct PercentCodingTests {
  private static let unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

  @Test("RFC 3986's unreserved characters stay, every other byte is encoded")
  func unreserved() {
    for byte in UInt8.min...UInt8.max {
      let stays = Self.unreserved.utf8.contains(byte)
      #expect(PercentCoding.isUnreserved(byte) == stays)
      let text = PercentCoding.encode([byte])
      #expect(text == (stays ? String(Unicode.Scalar(byte)) : "%\(Hex.text([byte]).uppercased())"))
      #expect(PercentCoding.decode(text.utf8) == [byte])
    }
  }

  @Test(
    "the sets of the places that encode differ, and are as they were",
    arguments: [
      ("a/b~c d", "a%2Fb~c%20d", "a/b~c%20d", "a%2Fb%7Ec%20d", "a%2Fb~c d"),
      ("ä%", "%C3%A4%25", "%C3%A4%25", "%C3%A4%25", "ä%25"),
      ("", "", "", "", ""),
    ])
  func sets(text: String, query: String, path: String, host: String, file: String) {
    let slash = UInt8(ascii: "/")
    #expect(PercentCoding.encode(text.utf8) == query)
    #expect(PercentCoding.encode(text.utf8) { PercentCoding.isUnreserved($0) || $0 == slash } == path)
    #expect(PercentCoding.encode(text.utf8) { PercentCoding.isUnreserved($0) && $0 != UInt8(ascii: "~") } == host)
    #expect(PercentCoding.encode(text.utf8) { $0 != UInt8(ascii: "%") && $0 != slash } == file)
  }

  @Test("random bytes come back, UTF-8 or not")
  func roundTrip() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        UInt8.random(in: .min ... .max, using: &generator)
      }
      let text = PercentCoding.encode(bytes)
      #expect(PercentCoding.decode(text.utf8) == bytes)
      #expect(PercentCoding.decode(text.lowercased().utf8)?.count == bytes.count)
    }
  }

  @Test(
    "a percent sign without two digits is refused", arguments: ["%", "a%", "%4", "%g0", "%0g", "%%41", "%+1", "%é"])
  func refused(text: String) {
    #expect(PercentCoding.decode(text.utf8) == nil)
    #expect(PercentCoding.decodeForm(text) == nil)
  }

  @Test(
    "forms: a plus is a space, and what is not UTF-8 is refused",
    arguments: [
      ("a+b", "a b"), ("a%2Bb", "a+b"), ("%c3%A4", "ä"), ("", ""), ("%00", "\u{0}"), ("%FF", nil), ("%C3", nil),
    ] as [(String, String?)])
  func forms(text: String, expected: String?) {
    #expect(PercentCoding.decodeForm(text) == expected)
    #expect(text.replacing("+", with: " ").removingPercentEncoding == expected)
  }
}
