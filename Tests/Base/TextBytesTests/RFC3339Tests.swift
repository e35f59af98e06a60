import Foundation
import TestSupport
import Testing
import TextBytes

@Suite("RFC 3339")
struct RFC3339Tests {
  private func strict(_ text: String) -> Int64? {
    Array(text.utf8).withUnsafeBytes { RFC3339.milliseconds(utf8: $0) }
  }

  @Test("text and value lead to each other, as Foundation has it")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 6)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for _ in 0..<5_000 {
      let moment = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
      let text = RFC3339.text(moment)
      #expect(text.utf8.count == RFC3339.length)
      #expect(strict(text) == moment && RFC3339.milliseconds(anyForm: text) == moment)
      #expect(RFC3339.wholeSeconds(moment) == "\(text.prefix(19))Z")
      var bytes = Array("x".utf8)
      RFC3339.append(moment, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == "x\(text)")
      guard moment > 0 else { continue }
      let date = try style.parse(text)
      #expect(RFC3339.milliseconds(since1970: date.timeIntervalSince1970) == moment)
    }
  }

  @Test(
    "moments of the calendar",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func calendar(moment: Int64, text: String) {
    #expect(RFC3339.text(moment) == text)
    #expect(strict(text) == moment)
  }

  @Test(
    "a moment outside all years is the first or the last of them", arguments: [.min, .min + 1, -(1 << 50)] as [Int64])
  func outside(moment: Int64) {
    #expect(RFC3339.text(moment) == "0000-01-01T00:00:00.000Z")
    #expect(RFC3339.text(-(moment + 1)) == "9999-12-31T23:59:59.999Z")
  }

  @Test(
    "days of seconds",
    arguments: [
      (0, "1970-01-01"), (-1, "1969-12-31"), (86_400, "1970-01-02"), (.max, "9999-12-31"), (.min, "0000-01-01"),
    ] as [(Int64, String)])
  func days(seconds: Int64, text: String) { #expect(RFC3339.day(seconds: seconds) == text) }

  @Test(
    "every form of § 5.6 is read",
    arguments: [
      ("1970-01-01T00:00:01Z", 1_000), ("1970-01-01T00:00:01.5Z", 1_500), ("1970-01-01T00:00:01.123456789Z", 1_123),
      ("1970-01-01T00:00:01.01Z", 1_010), ("1970-01-01T01:00:00+01:00", 0),
      ("1970-01-01T00:00:00.250-00:30", 1_800_250),
      ("1970-01-01T00:00:00+00:00", 0), ("1969-12-31T23:59:59.999-00:00", -1), ("1970-01-02T00:59:00+23:59", 3_600_000),
    ] as [(String, Int64)])
  func forms(text: String, moment: Int64) { #expect(RFC3339.milliseconds(anyForm: text) == moment) }

  @Test(
    "what is no such time is refused in both ways of reading",
    arguments: [
      "", "2026-11-22", "2026-11-22T18:04:05", "2026-11-22T18:04:05.123", "2026-11-22 18:04:05.123Z",
      "2026-02-29T00:00:00.000Z", "2026-02-31T00:00:00Z", "2026-13-01T00:00:00.000Z", "2026-00-10T00:00:00.000Z",
      "2026-01-00T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:60:00.000Z", "2026-01-01T00:00:60.000Z",
      "2026-01-01T00:00:00.00xZ", "2026-01-01T00:00:00.000z", "2026-01-01t00:00:00.000Z", "+026-01-01T00:00:00.000Z",
      "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.000ZZ", "2026-01-01T00:00:00Zjunk", " 2026-01-01T00:00:00Z",
      "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+1:00",
      "2026-01-01T00:00:00GMT+1", "2026-1-1T00:00:00Z", "26-01-01T00:00:00Z", "20260101T000000Z",
      "２026-01-01T00:00:00Z",
    ])
  func refused(text: String) {
    #expect(strict(text) == nil)
    #expect(RFC3339.milliseconds(anyForm: text) == nil)
  }

  @Test(
    "the form of our files is one only",
    arguments: [
      "2026-11-22T18:04:05Z", "2026-11-22T18:04:05.12Z", "2026-11-22T18:04:05.1234Z", "2026-11-22T18:04:05+00:00",
      "2026-11-22T18:04:05.1+00:00",
    ])
  func strictForm(text: String) {
    #expect(strict(text) == nil)
    #expect(RFC3339.milliseconds(anyForm: text) != nil)
  }

  @Test("whole milliseconds keep their value through floating point, all else is cut")
  func floatingPoint() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      let moment = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
      let date = Date(timeIntervalSince1970: Double(moment) / 1_000)
      #expect(RFC3339.milliseconds(since1970: Double(moment) / 1_000) == moment)
      guard (0...4_000_000_000_000).contains(moment) else { continue }
      #expect(RFC3339.milliseconds(since1970: date.timeIntervalSince1970) == moment)
    }
    #expect(RFC3339.milliseconds(since1970: 1.9996) == 1_999)
    #expect(RFC3339.milliseconds(since1970: -0.0005) == -1)
    #expect(RFC3339.milliseconds(since1970: 1e300) == .max)
    #expect(RFC3339.milliseconds(since1970: -.infinity) == .min)
    #expect(RFC3339.milliseconds(since1970: .nan) == .max)
  }
}
