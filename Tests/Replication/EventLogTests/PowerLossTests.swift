import DurableFiles
import EventLog
import Foundation
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations: no published event is lost, no start needs an operator.
@Suite("Event log and loss of power")
struct EventLogPowerLossTests {
  /// The guarantees by the name of their mark.
  private final class Ledger: Sendable {
    private let promises = Mutex<[String: LogCrashFixture.Promises]>([:])

    func note(_ promises: LogCrashFixture.Promises, at stage: PowerLossFixture) throws {
      let name = "promise \(self.promises.withLock { $0.count })"
      self.promises.withLock { $0[name] = promises }
      try stage.mark(name)
    }

    subscript(_ state: CrashState) -> LogCrashFixture.Promises {
      promises.withLock { promises in state.marks.compactMap { promises[$0] }.last ?? LogCrashFixture.Promises() }
    }
  }

  private static func experiment() -> PowerLossExperiment {
    let ledger = Mutex(Ledger())
    return PowerLossExperiment { _ in
    } act: { stage in
      let fresh = Ledger()
      ledger.withLock { $0 = fresh }
      let recorder = Recorder(stage: stage, ledger: fresh)
      try LogCrashFixture(
        files: stage.files, directory: stage.root.appending("events"), note: { try recorder.note($0) }
      ).live()
    } check: { state in
      try LogCrashFixture.judge(state.root.appending("events"), ledger.withLock { $0 }[state])
    }
  }

  /// A stage for another thread.
  ///
  /// Unchecked because the stage holds a port that is Sendable and a path, and is only read.
  private struct Recorder: @unchecked Sendable {
    let stage: PowerLossFixture
    let ledger: Ledger
    func note(_ promises: LogCrashFixture.Promises) throws { try ledger.note(promises, at: stage) }
  }

  @Test("every published event survives a loss of power at any moment of a log's life")
  func survives() async throws {
    let report = try await OwnThread.run { try Self.experiment().run() }
    FileHandle.standardError.write(Data("power loss, event log: \(report)\n".utf8))
    #expect(report.statesChecked > 100)
  }

  /// Checks that the other tests can fail, by removing fsyncs; it takes half a minute on a quiet machine.
  @Test("every fsync is needed: without any one of them some state violates a guarantee")
  func needsEverySynchronization() async throws {
    let unnoticed = try await OwnThread.run { try Self.experiment().unnoticedSynchronizations() }
    // Those with which a second opening makes durable what a killed process had written: the next test needs them.
    #expect(unnoticed.count { $0.isDirectory && $0.path == "events" } <= 1, "\(unnoticed)")
    #expect(unnoticed.count { !$0.isDirectory && $0.path.extension == "jsonl" } <= 1, "\(unnoticed)")
    #expect(unnoticed.count <= 2, "\(unnoticed)")
  }

  @Test("what a killed process had written and not synchronised is durable before it is shown")
  func killedProcess() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      let events = try await log.publish((0..<3).map { try LogFixture.event($0) })
      try await log.close()
      let segment: FilePath.Component = "00000000000000000001.jsonl"
      let bytes = try #require(try RealFileSystem().contents(of: fixture.directory.appending(segment), limit: 1 << 20))
      let identity = try #require(
        try RealFileSystem().contents(of: fixture.directory.appending("log.json"), limit: 1 << 20))
      try await OwnThread.run {
        let promises = Mutex(LogCrashFixture.Promises())
        let experiment = PowerLossExperiment { root in
          try RealFileSystem().makeDirectories(root.appending("events"))
          try RealFileSystem().replaceFile(
            root.appending("events").appending("log.json"), with: identity,
            permissions: FilePermissions(rawValue: 0o600))
        } act: { stage in
          let directory = stage.root.appending("events")
          let file = try stage.files.create(
            directory.appending(segment), permissions: FilePermissions(rawValue: 0o600))
          try file.write(bytes)
          try file.close()
          let files = stage.files
          let cursor = try LogCrashFixture.wait {
            let log = try await DurableEventLog.open(
              directory, pool: LogCrashFixture.pool, files: files, now: { LogFixture.moment })
            let batch = try await log.events(after: nil, limit: 10)
            guard batch.events == events else { throw TestSupportError("\(batch)") }
            try await log.close()
            return batch.cursor
          }
          promises.withLock { promises in
            for event in events { promises.published[event.id] = event.payload.modelRecordID.text }
            promises.cursor = cursor
          }
          try stage.mark("shown")
        } check: { state in
          let shown = state.marks.contains("shown") ? promises.withLock { $0 } : LogCrashFixture.Promises()
          try LogCrashFixture.judge(state.root.appending("events"), shown)
        }
        try experiment.run()
        #expect(try experiment.unnoticedSynchronizations().count <= 1)
      }
    }
  }

  @Test("a failing call, once or for ever, loses nothing that was acknowledged", arguments: [false, true])
  func survivesFaults(isPatient: Bool) async throws {
    let tried = try await OwnThread.run {
      let promises = Mutex(LogCrashFixture.Promises())
      return try PowerLossExperiment { _ in
      } act: { stage in
        promises.withLock { $0 = LogCrashFixture.Promises() }
        let life = LogCrashFixture(
          files: stage.files, directory: stage.root.appending("events"), note: { new in promises.withLock { $0 = new } }
        )
        try life.live(isPatient: isPatient)
      } check: { _ in
      }.failEachCall(codes: isPatient ? [.noSpace, .ioError] : FaultPlan.usualCodes) { plan, root, _ in
        do {
          try LogCrashFixture.judge(root.appending("events"), promises.withLock { $0 })
        } catch {
          throw TestSupportError("\(plan): \(error)")
        }
      }
    }
    FileHandle.standardError.write(Data("faults, event log: \(tried)\n".utf8))
    #expect(tried > 100)
  }
}
