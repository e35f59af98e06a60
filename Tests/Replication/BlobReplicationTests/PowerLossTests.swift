import BlobReplication
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations, in every form that `CrashStates` lists; then each fsync taken away in
/// turn.
@Suite("Files and a loss of power", .timeLimit(.minutes(20)))
struct PowerLossTests {
  private static func experiment(_ scenario: DurabilityScenario, _ source: SourceAddress) -> PowerLossExperiment {
    PowerLossExperiment(
      prepare: { try scenario.prepare($0) },
      act: { stage in
        try scenario.act(stage, source: source)
        try stage.mark("done")
      },
      check: { try scenario.check($0.root, isDone: $0.marks.contains("done"), source: source) })
  }

  @Test("a copy survives a loss of power at any moment of", arguments: DurabilityScenario.allCases)
  func survives(_ scenario: DurabilityScenario) async throws {
    let fixture = try BlobFixture()
    let source = try fixture.source(DurabilityScenario.new)
    let (report, unnoticed) = try await OwnThread.run {
      let experiment = Self.experiment(scenario, source)
      return (try experiment.run(), try experiment.unnoticedSynchronizations())
    }
    print("power loss, \(scenario.rawValue): \(report)")
    #expect(unnoticed.map { "\($0)" } == scenario.repeatedSynchronizations)
  }
}

extension DurabilityScenario {
  /// Calls that repeat what the disk has already: only in other circumstances something hangs on them.
  fileprivate var repeatedSynchronizations: [String] {
    switch self {
    case .replacement: ["fsync 7 of directory 'dir'", "fsync 8 of directory ''"]
    case .first, .adoption, .discard, .restore, .rename: []
    }
  }
}
