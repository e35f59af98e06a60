import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// Random changes of a host beside real agents. After each step an oracle reads both directories and compares them with what
/// the secondary reports: no copy has lost its refs, no status contradicts the files, and `/readyz`, metrics and page agree with it.
@Suite(.serialized) struct TruthWalkTests {
  /// A walk: whether scans and comparisons come at their default intervals, and its steps.
  struct Plan: CustomTestStringConvertible {
    let hasDefaultIntervals: Bool
    let steps: Int

    var testDescription: String { "\(steps) steps\(hasDefaultIntervals ? " at default intervals" : "")" }
  }

  /// `REMORA_TRUTH_STEPS` makes one walk of so many steps, 2,000 take about an hour; `REMORA_TRUTH_DEFAULTS=1` makes that
  /// at default intervals. `REMORA_LONG_TESTS=1` makes a longer one, and one at default intervals, where a step may wait
  /// for a minute.
  private static var plans: [Plan] {
    let environment = ProcessInfo.processInfo.environment
    if let steps = environment["REMORA_TRUTH_STEPS"].flatMap({ Int($0) }) {
      return [Plan(hasDefaultIntervals: environment["REMORA_TRUTH_DEFAULTS"] == "1", steps: steps)]
    }
    guard environment["REMORA_LONG_TESTS"] == "1" else { return [Plan(hasDefaultIntervals: false, steps: 25)] }
    return [Plan(hasDefaultIntervals: false, steps: 500), Plan(hasDefaultIntervals: true, steps: 30)]
  }

  @Test("no copy loses its refs and no status contradicts the files", .timeLimit(.minutes(300)), arguments: plans)
  func walks(_ plan: Plan) async throws {
    let seed =
      ProcessInfo.processInfo.environment["REMORA_TRUTH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    try await withTemporaryDirectory("truth") { directory in
      let fixture = try AgentPairFixture.forReaders(directory, hasDefaultIntervals: plan.hasDefaultIntervals)
      let http = BoundedHTTPClient()
      let walk = TruthWalk(fixture, seed: seed)
      try walk.makeRepositories(24)
      try walk.startAgents()
      try await fixture.asking { pair in
        let oracle = TruthOracle(fixture, pair, walk, http)
        try await oracle.untilSettled()
        for step in 1...plan.steps {
          let action = try await walk.step(pair)
          do {
            try await oracle.check()
            if step % 5 == 0 || step == plan.steps { try await oracle.untilSettled() }
          } catch {
            throw TestSupportError(
              "seed \(seed), step \(step), \(action): \(error); before: \(walk.history.suffix(12))")
          }
        }
        print("truth walk: seed \(seed), \(plan.testDescription), \(walk.summary); \(oracle.summary)")
      }
      await http.shutdown()
      try await walk.stopAgents()
    }
  }
}
