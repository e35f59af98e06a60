import Testing

@testable import AgentServer

@Suite("Ranges of bytes")
struct ByteRangeTests {
  @Test(
    "one range of 100 bytes",
    arguments: [
      ("bytes=0-9", 0..<10), ("bytes=90-", 90..<100), ("bytes=-10", 90..<100), ("bytes=0-", 0..<100),
      ("bytes=-1000", 0..<100), ("bytes=99-99", 99..<100), ("bytes=50-1000", 50..<100), ("BYTES=0-0", 0..<1),
      ("bytes= 0-9 ", 0..<10), ("bytes=5-99999999999999999999999", 5..<100), ("bytes=0-9,", 0..<10),
    ] as [(String, Range<Int64>)])
  func part(header: String, range: Range<Int64>) {
    #expect(ByteRange(header, size: 100) == .part(range))
  }

  @Test(
    "nothing of it is there",
    arguments: ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"])
  func unsatisfiable(header: String) { #expect(ByteRange(header, size: 100) == .unsatisfiable) }

  @Test(
    "not understood, or several: the whole",
    arguments: [
      nil, "", "bytes", "bytes=", "bytes=-", "bytes=9-0", "bytes=a-b", "bytes=0-1,5-6", "items=0-1", "bytes=+1-2",
      "bytes=0x1-2", "bytes=1-2-3", "bytes=--1", "bytes=0 - 1",
    ])
  func whole(header: String?) { #expect(ByteRange(header, size: 100) == .whole) }

  @Test("an empty file has no range but itself") func empty() {
    #expect(ByteRange("bytes=0-", size: 0) == .unsatisfiable)
    #expect(ByteRange("bytes=0-0", size: 0) == .unsatisfiable)
    #expect(ByteRange("bytes=-5", size: 0) == .whole)
    #expect(ByteRange(nil, size: 0) == .whole)
  }
}
