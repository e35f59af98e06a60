import Foundation
import Replication
import Testing

@Suite("Random walks")
struct RandomWalkTests {
  /// 100,000 steps; a million with `REMORA_LONG_TESTS=1`.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"
  private static let stepsAWalk = 500
  private static let walks = isLong ? 2_000 : 200

  @Test("no success that is not true, no lost pending, no retry count that falls, no false mismatch")
  func walk() {
    var counts: [String: Int] = [:]
    for seed in 0..<Self.walks {
      var walk = Walk(seed: UInt64(seed))
      do {
        try walk.go(steps: Self.stepsAWalk)
      } catch {
        Issue.record("walk \(seed): \(error)\n\(walk.trace.joined(separator: "\n"))")
        return
      }
      counts.merge(walk.secondary.counts) { $0 + $1 }
    }
    // What never happens is not tested.
    for name in [
      "synced", "syncAgain", "stale", "void", "moved", "verified by reading", "verified by bracket", "mismatches",
      "mended", "discarded", "forked", "new log",
    ] {
      #expect(counts[name, default: 0] >= 10, "\(name): \(counts)")
    }
  }
}
