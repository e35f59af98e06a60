import Foundation
import Replication
import Testing

@testable import Scheduling

@Suite("Random walks of the scheduler", .timeLimit(.minutes(120)))
struct SchedulerWalkTests {
  private static let stepsAWalk = 250
  private static let environment = ProcessInfo.processInfo.environment
  /// 3,000 steps; as many as `REMORA_WALK_STEPS` says, and a million with `REMORA_LONG_TESTS=1`.
  private static let steps: Int = {
    if let steps = environment["REMORA_WALK_STEPS"].flatMap({ Int($0) }) { return max(steps, stepsAWalk) }
    return environment["REMORA_LONG_TESTS"] == "1" ? 1_000_000 : 3_000
  }()
  /// Of the first walk; for one that failed.
  private static let firstSeed = environment["REMORA_WALK_SEED"].flatMap { UInt64($0) } ?? 0

  @Test("one job per replicable, all limits, no starvation, no polling of what is paused, and all is done at last")
  func walk() throws {
    var (counts, longestWait): ([String: Int], Int) = ([:], 0)
    for seed in 0..<UInt64(Self.steps / Self.stepsAWalk) {
      var walk = SchedulerWalk(seed: Self.firstSeed + seed)
      do {
        try walk.go(steps: Self.stepsAWalk, isFlood: seed % 2 == 1)
      } catch {
        Issue.record(
          "walk \(Self.firstSeed + seed): \(error)\n\(walk.trace.map { "\($0.input) → \($0.actions)" }.joined(separator: "\n"))"
        )
        return
      }
      counts.merge(walk.counts) { $0 + $1 }
      longestWait = max(longestWait, walk.longestWait)
    }
    let found = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    print("\(Self.steps) steps: \(found), longest wait \(longestWait) starts")
    guard Self.steps >= 3_000 else { return }
    // What never happens is not tested.
    for name in [
      "requested sync", "backlog sync", "backlog verification", "requested check", "backlog housekeeping", "proof",
      "preemption", "stalled", "probe", "wider question",
    ] {
      #expect(counts[name, default: 0] >= 1, "\(name): \(counts)")
    }
  }
}
