import Foundation
import Replication
import Testing

@Suite("Random walks")
struct RandomWalkTests {
  /// 100,000 steps; a million with `REMORA_LONG_TESTS=1`.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"
  private static let stepsAWalk = 500
  private static let walksASeed = isLong ? 200 : 20

  @Test(
    "no success that is not true, no lost pending, no retry count that falls, no false mismatch", arguments: 0..<10)
  func walk(seed: Int) throws {
    var counts: [String: Int] = [:]
    for number in 0..<Self.walksASeed {
      var walk = Walk(seed: UInt64(seed * 1_000_000 + number))
      do {
        try walk.go(steps: Self.stepsAWalk)
      } catch {
        Issue.record("walk \(seed * 1_000_000 + number): \(error)\n\(walk.trace.joined(separator: "\n"))")
        return
      }
      counts.merge(walk.secondary.counts) { $0 + $1 }
    }
    // What never happens is not tested.
    for name in [
      "synced", "syncAgain", "stale", "void", "moved", "verified by reading", "verified by bracket", "mismatches",
      "mended", "discarded", "forked",
    ] {
      #expect(counts[name, default: 0] > 0, "\(name)")
    }
  }
}
