import Foundation
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations: no acknowledged change is lost, no start needs a person.
@Suite("State directory and loss of power")
struct StorePowerLossTests {
  /// The promises by the name of their mark.
  private final class Ledger: Sendable {
    private let promises = Mutex<[String: StoreLife.Promises]>([:])

    func note(_ promises: StoreLife.Promises, at stage: PowerLossStage) throws {
      let name = "promise \(self.promises.withLock { $0.count })"
      self.promises.withLock { $0[name] = promises }
      try stage.mark(name)
    }

    subscript(_ state: CrashState) -> StoreLife.Promises {
      promises.withLock { promises in state.marks.compactMap { promises[$0] }.last } ?? StoreLife.Promises()
    }
  }

  /// A stage for another thread.
  ///
  /// Unchecked because the stage holds a port that is Sendable and a path, and is only read.
  private struct Recorder: @unchecked Sendable {
    let stage: PowerLossStage
    let ledger: Ledger
    func note(_ promises: StoreLife.Promises) throws { try ledger.note(promises, at: stage) }
  }

  private static func experiment() -> PowerLossExperiment {
    let ledger = Mutex(Ledger())
    return PowerLossExperiment { _ in
    } act: { stage in
      let fresh = Ledger()
      ledger.withLock { $0 = fresh }
      let recorder = Recorder(stage: stage, ledger: fresh)
      try StoreLife(
        files: stage.files, directory: stage.root.appending("state"), note: { try recorder.note($0) }
      ).live()
    } check: { state in
      try StoreLife.judge(state.root.appending("state"), ledger.withLock { $0 }[state])
    }
  }

  @Test("every acknowledged change survives a loss of power at any moment of a state directory's life")
  func survives() async throws {
    let report = try await OwnThread.run { try Self.experiment().run() }
    FileHandle.standardError.write(Data("power loss, state directory: \(report)\n".utf8))
    #expect(report.statesChecked > 100)
  }

  /// Taking fsyncs away shows that the other tests are not blind; it takes half a minute on a quiet machine.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  @Test("every fsync is needed: without any one of them some state breaks a promise", .enabled(if: isLong))
  func needsEverySynchronization() async throws {
    let unnoticed = try await OwnThread.run { try Self.experiment().unnoticedSynchronizations() }
    #expect(unnoticed.isEmpty, "\(unnoticed)")
  }

  @Test("a failing call, once or for ever, loses nothing that was acknowledged", arguments: [false, true])
  func survivesFaults(isPatient: Bool) async throws {
    let tried = try await OwnThread.run {
      let promises = Mutex(StoreLife.Promises())
      return try PowerLossExperiment { _ in
      } act: { stage in
        promises.withLock { $0 = StoreLife.Promises() }
        let life = StoreLife(
          files: stage.files, directory: stage.root.appending("state"), note: { new in promises.withLock { $0 = new } })
        try life.live(isPatient: isPatient)
      } check: { _ in
      }.failEachCall(codes: isPatient ? [.noSpace, .ioError] : FaultPlan.usualCodes) { plan, root, _ in
        do {
          try StoreLife.judge(root.appending("state"), promises.withLock { $0 })
        } catch {
          throw TestSupportError("\(plan): \(error)")
        }
      }
    }
    FileHandle.standardError.write(Data("faults, state directory: \(tried)\n".utf8))
    #expect(tried > 100)
  }
}
