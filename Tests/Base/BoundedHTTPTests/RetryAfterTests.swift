import Testing

@testable import BoundedHTTP

@Suite("Retry-After")
struct RetryAfterTests {
  /// 2026-12-01T01:00:00Z.
  private static let now = 1_796_086_800

  @Test(
    "seconds and dates are read, and what is neither says nothing",
    arguments: [
      ("120", 120), (" 7 ", 7), ("0", 0), ("999999999999999999999", 86_400), ("172800", 86_400),
      ("Tue, 01 Dec 2026 01:02:00 GMT", 120), ("Tuesday, 01-Dec-26 01:02:00 GMT", 120),
      ("Tue Dec  1 01:02:00 2026", 120), ("Tue, 01 Dec 2026 00:00:00 GMT", 0), ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
      ("", nil), ("-5", nil), ("soon", nil),
      ("1.5", nil), ("Tue, 01 Dec 2026 01:02:00 GMT and more", nil),
    ] as [(String, Int?)])
  func values(text: String, seconds: Int?) {
    #expect(RetryAfter.duration(text, now: Self.now) == seconds.map { .seconds($0) })
  }
}
