import DurableFiles
import Foundation
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations, in every form that `CrashStates` lists; then each fsync taken away in turn.
@Suite("Copies of repositories and a loss of power", .timeLimit(.minutes(30)))
struct PowerLossTests {
  static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  @Test("no copy is lost at any moment of", arguments: CrashScenario.moves)
  func survives(_ scenario: CrashScenario) async throws {
    let unnoticed = try await OwnThread.run { try Self.losePower(scenario, healingInEvery: 1) }
    #expect(unnoticed == [])
  }

  @Test("no copy is lost at any moment of a fresh download and swap")
  func survivesSwap() async throws {
    let unnoticed = try await OwnThread.run { try Self.losePower(.swap, healingInEvery: Self.isLong ? 1 : 10) }
    #expect(unnoticed.filter { !Self.isRepeated($0) } == [])
  }

  /// Checks every state, then those that the removal of each fsync in turn makes possible, until one is refused.
  ///
  /// - Returns: fsync calls that no state misses.
  private static func losePower(_ scenario: CrashScenario, healingInEvery: Int) throws -> [String] {
    let fixture = try CrashFixture()
    let disk = try MemoryDirectory("remora-power-loss")
    return try withExtendedLifetime(disk) {
      try scenario.prepare(disk.path, fixture)
      let recording = try RecordingFileSystem(root: disk.path)
      try scenario.act(
        recording.root, CrashFixture.strategy(recording.root, recording), source: fixture.source)
      let check = CrashCheck(
        scenario, fixture, healingInEvery: healingInEvery, refereeInEvery: isLong ? 1 : 20)
      let (report, unnoticed) = try recording.crashStates().checkEverySynchronization {
        try check.check($0.root, isDone: $0.isFinal)
      }
      print("power loss, \(scenario.rawValue): \(report); \(check.summary)")
      return unnoticed
    }
  }

  /// Fsync calls of a swap that others repeat, so that any single one could go in this kind of run, though not in all.
  ///
  /// - The new copy is first made like any other, and the carried-over history makes most of that durable again.
  /// - The journal that comes along gets lines of this swap, and the dropped log when refs are displaced.
  /// - The exchange is taken along by the move to the trash that follows; how a copy is displaced is the caller's affair.
  private static func isRepeated(_ call: String) -> Bool {
    call.contains("'group/.remora-.remora-fresh-app.git") || call.contains("/logs/refs/remora/dropped.remora-tmp-")
      || call.contains("/remora/refs.journal.jsonl.remora-tmp-") || call.hasSuffix(" of directory 'group'")
  }
}
