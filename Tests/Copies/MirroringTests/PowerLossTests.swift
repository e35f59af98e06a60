import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations of a run, in every form that `CrashStates` lists: the copy is in its old
/// state, in its new one, or has new refs and the old HEAD; the next run makes it exact and leaves nothing behind.
@Suite struct PowerLossTests {
  /// With `REMORA_LONG_TESTS=1` a next run is made in every state, not in every sixth.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  private static func tell(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

  @Test("a copy survives a loss of power at any moment of", arguments: PowerLossScenario.allCases)
  func survives(_ scenario: PowerLossScenario) async throws {
    let unnoticed = try await OwnThread.run { try Self.losePower(scenario) }
    let (directory, count) = scenario.repeatedSynchronizations
    let known = unnoticed.filter { $0.hasSuffix(" of directory '\(directory)'") }
    #expect(known.count <= count)
    #expect(unnoticed.filter { !known.contains($0) } == [])
  }

  /// Checks every state, then those that the removal of each fsync in turn makes possible, until one is refused.
  ///
  /// - Returns: fsync calls that no state misses.
  private static func losePower(_ scenario: PowerLossScenario) throws -> [String] {
    let fixture = try PowerLossScenario.ground()
    let disk = try MemoryDirectory("remora-power-loss")
    return try withExtendedLifetime(disk) {
      let copy = disk.path.pushing(scenario.place)
      let new = try scenario.prepare(copy, fixture)
      let check = try PowerLossCheck(
        fixture, root: disk.path, place: scenario.place, new: new, nextRunInEvery: isLong ? 1 : 6)
      let recording = try RecordingFileSystem(root: disk.path)
      let outcome = try fixture.mirror(into: recording.root.pushing(scenario.place), through: recording)
      if let error = outcome.error { throw error }
      let states = try recording.crashStates()
      let (report, unnoticed) = try states.checkEverySynchronization(check.check)
      tell("power loss, \(scenario.rawValue): \(report); \(check.summary)")
      return unnoticed
    }
  }
}
