import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// Random changes of a host beside real agents. After each step an oracle reads both directories and compares them with what
/// the secondary reports: no copy has lost its refs, no status contradicts the files, and `/readyz`, metrics and page agree with it.
@Suite(.serialized) struct TruthWalkTests {
  /// `REMORA_TRUTH_STEPS` runs more; 2,000 take about an hour.
  private static let steps = ProcessInfo.processInfo.environment["REMORA_TRUTH_STEPS"].flatMap { Int($0) } ?? 25

  /// `REMORA_TRUTH_DEFAULTS=1` leaves scans and comparisons at their default intervals.
  private static let hasDefaultIntervals = ProcessInfo.processInfo.environment["REMORA_TRUTH_DEFAULTS"] == "1"

  @Test(.timeLimit(.minutes(300))) func `no copy loses its refs and no status contradicts the files`() async throws {
    let seed =
      ProcessInfo.processInfo.environment["REMORA_TRUTH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    try await withTemporaryDirectory("truth") { directory in
      let fixture = try AgentPairFixture.forReaders(directory, hasDefaultIntervals: Self.hasDefaultIntervals)
      let http = BoundedHTTPClient()
      let walk = TruthWalk(fixture, seed: seed)
      try walk.makeRepositories(24)
      try walk.startAgents()
      try await fixture.asking { pair in
        let oracle = TruthOracle(fixture, pair, walk, http)
        try await oracle.untilSettled()
        for step in 1...Self.steps {
          let action = try await walk.step(pair)
          do {
            try await oracle.check()
            if step % 5 == 0 || step == Self.steps { try await oracle.untilSettled() }
          } catch {
            throw TestSupportError(
              "seed \(seed), step \(step), \(action): \(error); before: \(walk.history.suffix(12))")
          }
        }
        print("truth walk: seed \(seed), \(Self.steps) steps, \(walk.summary); \(oracle.summary)")
      }
      await http.shutdown()
      try await walk.stopAgents()
    }
  }
}
