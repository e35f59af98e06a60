import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations of a run, in every form that `CrashStates` lists: the copy is in its old
/// state, in its new one, or has new refs and the old HEAD; the next run makes it exact and leaves nothing behind.
@Suite struct PowerLossTests {
  /// Everything in every state takes minutes: with `REMORA_LONG_TESTS=1`.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  private static func tell(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

  @Test("a copy survives a loss of power at any moment of", arguments: PowerLossScenario.allCases)
  func survives(_ scenario: PowerLossScenario) async throws {
    try await OwnThread.run {
      let ground = try PowerLossScenario.ground()
      let disk = try MemoryDirectory("remora-power-loss")
      try withExtendedLifetime(disk) {
        let new = try scenario.prepare(disk.path.appending(PowerLossCheck.copyName), ground)
        let check = try PowerLossCheck(
          ground, copy: disk.path.appending(PowerLossCheck.copyName), new: new, nextRunInEvery: Self.isLong ? 1 : 4)
        let recording = try RecordingFileSystem(root: disk.path)
        let outcome = try ground.mirror(into: recording.root.appending(PowerLossCheck.copyName), through: recording)
        #expect(outcome.error == nil)
        let report = try recording.crashStates().check(check.check)
        Self.tell("power loss, \(scenario.rawValue): \(report); \(check.summary)")
        let (all, unnoticed) = try recording.crashStates().checkEverySynchronization(check.check)
        Self.tell("without each fsync, \(scenario.rawValue): \(all); unnoticed: \(unnoticed)")
        #expect(unnoticed == [])
      }
    }
  }
}
