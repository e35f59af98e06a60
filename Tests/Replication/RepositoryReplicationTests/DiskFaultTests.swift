import DurableFiles
import Foundation
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import Testing

@Suite("Copies of repositories and a disk that fails", .timeLimit(.minutes(30)))
struct DiskFaultTests {
  private static let codes: [Errno] = PowerLossTests.isLong ? FaultPlan.usualCodes : [.noSpace, .ioError]

  @Test(
    "when any one call fails, or all from it on, nothing is lost, and the next calls make all well",
    arguments: CrashScenario.allCases)
  func everyCall(_ scenario: CrashScenario) async throws {
    // A swap makes some hundreds of calls, most of them a first copy's like any other.
    let step = scenario == .swap && !PowerLossTests.isLong ? 11 : 1
    let tried = try await OwnThread.run {
      let fixture = try CrashFixture()
      let check = CrashCheck(scenario, fixture, refereeInEvery: 20)
      var tried = 0
      for code in Self.codes {
        for isPersistent in [false, true] {
          var plan = FaultPlan(call: 1, code: code, isPersistent: isPersistent)
          while try Self.fail(plan, scenario, fixture, check) {
            tried += 1
            plan = FaultPlan(call: plan.call + step, code: code, isPersistent: isPersistent)
          }
        }
      }
      print("faults, \(scenario.rawValue): \(tried); \(check.summary)")
      return tried
    }
    #expect(tried > 20)
  }

  /// - Returns: false when the change makes fewer calls than that.
  private static func fail(
    _ plan: FaultPlan, _ scenario: CrashScenario, _ fixture: CrashFixture, _ check: CrashCheck
  ) throws -> Bool {
    let disk = try MemoryDirectory("remora-fault")
    try scenario.prepare(disk.path, fixture)
    let files = FaultyFileSystem(plan)
    var failure: (any Error)?
    do {
      try scenario.act(disk.path, CrashFixture.strategy(disk.path, files), source: fixture.source)
    } catch { failure = error }
    guard files.faultFired else {
      if let failure { throw failure }
      return false
    }
    do {
      if let failure {
        guard let failure = failure as? StrategyError, failure.disposition == .host, !failure.message.isEmpty,
          !failure.message.contains("\n")
        else { throw failure }
      }
      try check.check(disk.path, isDone: failure == nil)
    } catch {
      throw TestSupportError("\(plan): \(error)")
    }
    return true
  }
}
