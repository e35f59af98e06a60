import DurableFiles
import Foundation
import Glibc
import Mirroring
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

/// Real processes, ended by SIGKILL in each phase: before, in and after every change of the file system.
@Suite(.timeLimit(.minutes(30))) struct HousekeepingKillTests {
  /// With `REMORA_LONG_TESTS=1` every moment there is.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"
  private static let killsPerScenario = isLong ? 1_000 : 12
  /// The exit code of a process that was not killed.
  private static let endedAlive: CInt = 75

  @Test(
    "a housekeeping killed at any moment leaves a sound copy, which the next one completes",
    arguments: CrashScenario.allCases)
  func survives(_ scenario: CrashScenario) async throws {
    let directory = try TemporaryDirectory("housekeeping-kill")
    let (verdict, template, moments) = try await OwnThread.run { () -> (CrashVerdict, String, [String: Int]) in
      let fixture = try scenario.prepare(directory.path("template.git"))
      let verdict = try CrashVerdict(fixture)
      let counted = directory.path("counted.git")
      try FileManager.default.copyItem(atPath: fixture.copyPath, toPath: counted)
      let trigger = KillTrigger()
      let outcome = Self.run(scenario, FilePath(counted), trigger)
      if let error = outcome.error { throw error }
      #expect(outcome.status == .done)
      return (verdict, fixture.copyPath, trigger.moments)
    }
    let all = moments.sorted { $0.key < $1.key }.flatMap { part, count in (1...count).map { (part, $0) } }
    let step = max(1.0, Double(all.count) / Double(Self.killsPerScenario))
    var killed: [String: Int] = [:]
    for place in stride(from: 0.0, to: Double(all.count), by: step) {
      let (part, moment) = all[Int(place)]
      let copy = directory.path("copy.git")
      try FileManager.default.copyItem(atPath: template, toPath: copy)
      if try await kill(scenario, copy, part, moment) { killed[part, default: 0] += 1 }
      try await OwnThread.run {
        do {
          try verdict.check(copy, askingGit: true)
          try verdict.heal(copy, at: scenario.now)
        } catch {
          throw TestSupportError("killed while \(part), moment \(moment): \(error)")
        }
      }
      try FileManager.default.removeItem(atPath: copy)
    }
    print("\(scenario): killed \(killed.values.reduce(0, +)) of \(all.count) moments; \(killed)")
    #expect(killed.values.reduce(0, +) >= min(Self.killsPerScenario, all.count) - 3)
  }

  private static func run(_ scenario: CrashScenario, _ copy: FilePath, _ trigger: KillTrigger) -> HousekeepingOutcome {
    let files = WatchedFileSystem { _, _, _ in trigger.pass() }
    return CrashScenario.housekeep(copy, at: scenario.now, through: files) { trigger.enter($0.rawValue) }
  }

  /// - Returns: false when the housekeeping came to its end: how many writes a pack takes is the machine's affair.
  private func kill(_ scenario: CrashScenario, _ copy: String, _ part: String, _ moment: Int) async throws -> Bool {
    let ended = Self.endedAlive
    let result = await #expect(processExitsWith: .failure) {
      [
        scenario = scenario as CrashScenario, copy = copy as String, part = part as String, moment = moment as Int,
        ended = ended as CInt
      ] in
      _ = try await OwnThread.run {
        HousekeepingKillTests.run(scenario, FilePath(copy), KillTrigger(part: part, moment: moment)).status
      }
      exit(ended)
    }
    let status = try #require(result).exitStatus
    #expect(status == .signal(SIGKILL) || status == .exitCode(ended))
    return status == .signal(SIGKILL)
  }
}
