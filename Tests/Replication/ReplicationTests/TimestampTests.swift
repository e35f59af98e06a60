import Foundation
import Replication
import TestSupport
import Testing

@Suite("Timestamps")
struct TimestampTests {
  @Test("text and value lead to each other, as Foundation has it")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 5)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for _ in 0..<5_000 {
      let moment = Timestamp(
        milliseconds: Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator))
      #expect(Timestamp(moment.description) == moment)
      guard moment.milliseconds > 0 else { continue }
      let date = try style.parse(moment.description)
      #expect(Int64((date.timeIntervalSince1970 * 1_000).rounded()) == moment.milliseconds)
    }
  }

  @Test(
    "what is no such time is refused",
    arguments: [
      "", "2026-11-22T18:04:05Z", "2026-11-22T18:04:05.123", "2026-11-22 18:04:05.123Z", "2026-02-29T00:00:00.000Z",
      "2026-13-01T00:00:00.000Z", "2026-00-10T00:00:00.000Z", "2026-01-00T00:00:00.000Z", "2026-01-01T24:00:00.000Z",
      "2026-01-01T00:60:00.000Z", "2026-01-01T00:00:60.000Z", "2026-01-01T00:00:00.00xZ", "2026-01-01T00:00:00.000z",
      "+026-01-01T00:00:00.000Z",
    ])
  func refused(text: String) { #expect(Timestamp(text) == nil) }

  @Test("differences and sums are durations")
  func arithmetic() throws {
    let start = try #require(Timestamp("2024-02-28T23:59:59.999Z"))
    #expect((start + .milliseconds(1)).description == "2024-02-29T00:00:00.000Z")
    #expect((start + .seconds(86_400)) - start == .seconds(86_400))
    #expect(start - .seconds(1) < start)
  }

  @Test("what lies beyond all moments is the first or the last of them")
  func saturation() {
    let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
    let now = Timestamp(milliseconds: 1_790_000_000_000)
    for endless in [Duration.seconds(Int64.max), .milliseconds(Int64.max)] {
      #expect(now + endless == last && now - endless < now && first - endless == first && last - .zero - endless < now)
    }
    #expect(now - .seconds(Int64.max) < now && now + .seconds(Int64.min) < now && now - .seconds(Int64.min) == last)
    #expect(last - first == .milliseconds(Int64.max) && first - last == .milliseconds(Int64.min))
  }
}
