import SystemPackage
import Testing

@testable import EventLog

@Test("a file name whose id leaves no next one is no segment's: its line numbers overflowed")
func largestSegmentName() {
  #expect(SegmentName.firstID("09223372036854775807.jsonl") == UInt64(Int64.max))
  #expect(SegmentName.firstID("09223372036854775808.jsonl") == nil)
  #expect(SegmentName.firstID("18446744073709551615.jsonl") == nil)
}
