import DurableFiles
import Foundation
import Mirroring
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

/// A loss of power between any two operations of a housekeeping, in every form that `CrashStates` lists.
@Suite(.timeLimit(.minutes(30))) struct HousekeepingPowerLossTests {
  /// With `REMORA_LONG_TESTS=1` a next housekeeping is made in every state, not in every fortieth.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  @Test("a copy survives a loss of power at any moment of", arguments: CrashScenario.allCases)
  func survives(_ scenario: CrashScenario) async throws {
    let unnoticed = try await OwnThread.run { try Self.losePower(scenario) }
    #expect(unnoticed == scenario.repeatedSynchronizations)
  }

  /// Checks every state, then those that the removal of each fsync in turn makes possible, until one is refused.
  ///
  /// - Returns: fsync calls that no state misses.
  private static func losePower(_ scenario: CrashScenario) throws -> [String] {
    let disk = try MemoryDirectory("remora-housekeeping")
    return try withExtendedLifetime(disk) {
      let fixture = try scenario.prepare(disk.path.appending("copy.git").string)
      let verdict = try CrashVerdict(fixture)
      let recording = try RecordingFileSystem(root: disk.path)
      let recorded = recording.root.appending("copy.git")
      let before = try RecordedHousekeeping.files(of: recorded)
      let outcome = CrashScenario.housekeep(recorded, at: scenario.now, through: recording)
      if let error = outcome.error { throw error }
      let result = try RecordedHousekeeping(before: before, after: recorded)
      let states = try recording.crashStates()
      let count = Mutex((states: 0, healed: 0))
      let (report, unnoticed) = try states.checkEverySynchronization { state in
        let number = count.withLock { count in
          count.states += 1
          return count.states
        }
        let copy = state.root.appending("copy.git").string
        try result.check(copy, isFinal: state.isFinal)
        try verdict.check(copy, askingGit: number.isMultiple(of: isLong ? 1 : 40))
        guard isLong || number.isMultiple(of: 40) || state.isFinal else { return }
        try verdict.heal(copy, at: scenario.now)
        count.withLock { $0.healed += 1 }
      }
      print("power loss, \(scenario): \(report); \(count.withLock { $0 })")
      return unnoticed
    }
  }
}
