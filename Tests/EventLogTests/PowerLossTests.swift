import DurableFiles
import EventLog
import Foundation
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations: no published event is lost, no start needs a person.
@Suite("Event log and loss of power")
struct EventLogPowerLossTests {
  /// The promises by the name of their mark.
  private final class Ledger: Sendable {
    private let promises = Mutex<[String: LogLife.Promises]>([:])

    func note(_ promises: LogLife.Promises, at stage: PowerLossStage) throws {
      let name = "promise \(self.promises.withLock { $0.count })"
      self.promises.withLock { $0[name] = promises }
      try stage.mark(name)
    }

    subscript(_ state: CrashState) -> LogLife.Promises {
      promises.withLock { promises in state.marks.compactMap { promises[$0] }.last ?? LogLife.Promises() }
    }
  }

  private static func experiment() -> PowerLossExperiment {
    let ledger = Mutex(Ledger())
    return PowerLossExperiment { _ in
    } act: { stage in
      let fresh = Ledger()
      ledger.withLock { $0 = fresh }
      let recorder = Recorder(stage: stage, ledger: fresh)
      try LogLife(files: stage.files, directory: stage.root.appending("events"), note: { try recorder.note($0) }).live()
    } check: { state in
      try LogLife.judge(state.root.appending("events"), ledger.withLock { $0 }[state])
    }
  }

  /// A stage for another thread.
  ///
  /// Unchecked because the stage holds a port that is Sendable and a path, and is only read.
  private struct Recorder: @unchecked Sendable {
    let stage: PowerLossStage
    let ledger: Ledger
    func note(_ promises: LogLife.Promises) throws { try ledger.note(promises, at: stage) }
  }

  @Test("every published event survives a loss of power at any moment of a log's life")
  func survives() async throws {
    let report = try await OwnThread.run { try Self.experiment().run() }
    FileHandle.standardError.write(Data("power loss, event log: \(report)\n".utf8))
    #expect(report.statesChecked > 100)
  }

  @Test("every fsync is needed: without any one of them some state loses an event or does not open")
  func needsEverySynchronization() async throws {
    let unnoticed = try await OwnThread.run { try Self.experiment().unnoticedSynchronizations() }
    #expect(unnoticed.map(\.description) == [])
  }

  @Test("a failing call, once or for ever, loses nothing that was acknowledged", arguments: [false, true])
  func survivesFaults(isPatient: Bool) async throws {
    let tried = try await OwnThread.run {
      let promises = Mutex(LogLife.Promises())
      return try PowerLossExperiment { _ in
      } act: { stage in
        promises.withLock { $0 = LogLife.Promises() }
        let life = LogLife(
          files: stage.files, directory: stage.root.appending("events"), note: { new in promises.withLock { $0 = new } }
        )
        try life.live(isPatient: isPatient)
      } check: { _ in
      }.failEachCall { plan, root, _ in
        do {
          try LogLife.judge(root.appending("events"), promises.withLock { $0 })
        } catch {
          throw TestSupportError("\(plan): \(error)")
        }
      }
    }
    FileHandle.standardError.write(Data("faults, event log: \(tried)\n".utf8))
    #expect(tried > 100)
  }
}
