import Foundation
import Replication
import Testing

@Suite("Random walks over hosts", .timeLimit(.minutes(120)))
struct HostWalkTests {
  /// 10,000 steps; as many as `REMORA_WALK_STEPS` says, and a million with `REMORA_LONG_TESTS=1`.
  private static let steps: Int = {
    let environment = ProcessInfo.processInfo.environment
    if let steps = environment["REMORA_WALK_STEPS"].flatMap({ Int($0) }) { return max(steps, stepsAWalk) }
    return environment["REMORA_LONG_TESTS"] == "1" ? 1_000_000 : 10_000
  }()
  private static let stepsAWalk = 250
  /// Of the first walk; for one that failed.
  private static let firstSeed = ProcessInfo.processInfo.environment["REMORA_WALK_SEED"].flatMap { UInt64($0) } ?? 0

  @Test("no copy without its refs, none lost, none beyond the guard, none that waits is touched")
  func walk() async throws {
    var counts: [String: Int] = [:]
    for seed in 0..<UInt64(Self.steps / Self.stepsAWalk) {
      let walk = try HostWalk(seed: Self.firstSeed + seed)
      do {
        try await walk.go(steps: Self.stepsAWalk)
      } catch {
        Issue.record("walk \(Self.firstSeed + seed): \(error)\n\(walk.trace.joined(separator: "\n"))")
        return
      }
      counts.merge(walk.counts) { $0 + $1 }
    }
    print("\(Self.steps) steps: \(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
    guard Self.steps >= 10_000 else { return }
    // What never happens is not tested.
    for name in [
      "push", "create again", "copy the disk", "rename", "circle", "rename a directory", "all created again", "waiting",
      "confirm", "restore", "a restore dies", "the primary loses its states", "the primary loses everything",
      "the secondary dies", "the primary excludes",
    ] {
      #expect(counts[name, default: 0] >= 10, "\(name): \(counts)")
    }
  }
}
