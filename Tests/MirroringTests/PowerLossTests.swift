import Mirroring
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations of a run, in every form that `CrashStates` lists: the copy is in its old
/// state, in its new one, or has new refs and the old HEAD; the next run makes it exact and leaves nothing behind.
@Suite struct PowerLossTests {
  @Test("a copy survives a loss of power at any moment of", arguments: PowerLossScenario.allCases)
  func survives(_ scenario: PowerLossScenario) async throws {
    try await OwnThread.run {
      let ground = try PowerLossScenario.ground()
      let disk = try MemoryDirectory("remora-power-loss")
      try withExtendedLifetime(disk) {
        let new = try scenario.prepare(disk.path.appending(PowerLossCheck.copyName), ground)
        let check = try PowerLossCheck(ground, copy: disk.path.appending(PowerLossCheck.copyName), new: new)
        let recording = try RecordingFileSystem(root: disk.path)
        let outcome = try ground.mirror(into: recording.root.appending(PowerLossCheck.copyName), through: recording)
        #expect(outcome.error == nil)
        let (report, unnoticed) = try recording.crashStates().checkEverySynchronization(check.check)
        print("power loss, \(scenario.rawValue): \(report); \(check.summary)")
        #expect(unnoticed == [])
      }
    }
  }
}
