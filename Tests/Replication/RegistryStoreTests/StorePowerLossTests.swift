import DurableFiles
import Foundation
import RegistryStore
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A loss of power between any two operations: no acknowledged change is lost, no start needs an operator.
@Suite("State directory and loss of power")
struct StorePowerLossTests {
  /// The guarantees by the name of their mark.
  private final class Ledger: Sendable {
    private let promises = Mutex<[String: StoreFixture.Promises]>([:])

    func note(_ promises: StoreFixture.Promises, at stage: PowerLossFixture) throws {
      let name = "promise \(self.promises.withLock { $0.count })"
      self.promises.withLock { $0[name] = promises }
      try stage.mark(name)
    }

    subscript(_ state: CrashState) -> StoreFixture.Promises {
      promises.withLock { promises in state.marks.compactMap { promises[$0] }.last } ?? StoreFixture.Promises()
    }
  }

  /// A stage for another thread.
  ///
  /// Unchecked because the stage holds a port that is Sendable and a path, and is only read.
  private struct Recorder: @unchecked Sendable {
    let stage: PowerLossFixture
    let ledger: Ledger
    func note(_ promises: StoreFixture.Promises) throws { try ledger.note(promises, at: stage) }
  }

  private static func experiment() -> PowerLossExperiment {
    let ledger = Mutex(Ledger())
    return PowerLossExperiment { _ in
    } act: { stage in
      let fresh = Ledger()
      ledger.withLock { $0 = fresh }
      let recorder = Recorder(stage: stage, ledger: fresh)
      try StoreFixture(
        files: stage.files, directory: stage.root.appending("state"), writesBesideFolds: true,
        note: { try recorder.note($0) }
      ).live()
    } check: { state in
      try StoreFixture.judge(state.root.appending("state"), ledger.withLock { $0 }[state])
    }
  }

  @Test("every acknowledged change survives a loss of power at any moment, and no fsync can be left out")
  func survives() async throws {
    let (report, unnoticed) = try await OwnThread.run { try Self.experiment().checkEverySynchronization() }
    FileHandle.standardError.write(Data("power loss, state directory: \(report)\n".utf8))
    #expect(report.statesChecked > 100)
    // Those with which the second opening makes durable what a killed process had written: the next test needs them.
    let repeated = [
      "of file 'state/registries/thing_registry.journal.jsonl'", "of directory 'state/registries'",
      "of file 'state/verification/thing_states.journal.jsonl'", "of directory 'state/verification'",
    ]
    #expect(unnoticed.allSatisfy { call in repeated.contains { call.hasSuffix($0) } }, "\(unnoticed)")
    for call in repeated { #expect(unnoticed.count { $0.hasSuffix(call) } <= 1, "\(unnoticed)") }
  }

  @Test("what a killed process had written and not synchronised is durable before it is shown")
  func killedProcess() async throws {
    let fixture = try RegistryFixture()
    try await fixture.with { registry in
      try await registry.change(ReplicableID("a")) { entry, make in
        entry = make(try ReplicableID("a"), at: RegistryFixture.start)
      }
    }
    let line = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture.journal)))
    let unnoticed = try await OwnThread.run {
      try PowerLossExperiment { root in
        _ = try StateDirectory(root.appending("state")).close()
      } act: { stage in
        let directory = stage.root.appending("state")
        let file = try stage.files.create(
          directory.appending("registries").appending("thing_registry.journal.jsonl"),
          permissions: FilePermissions(rawValue: 0o600))
        try file.write(line)
        try file.close()
        let files = stage.files
        try StoreFixture.wait {
          let open = try await StoreFixture.Open(directory, files: files)
          guard try await open.registry.entry(of: ReplicableID("a")) != nil else {
            throw TestSupportError("the whole line is not shown")
          }
          await open.close()
        }
        try stage.mark("shown")
      } check: { state in
        let shown = state.marks.contains("shown")
        try StoreFixture.wait {
          let open = try await StoreFixture.Open(state.root.appending("state"), files: RealFileSystem())
          let entry = try await open.registry.entry(of: ReplicableID("a"))
          await open.close()
          if shown, entry == nil { throw TestSupportError("what was shown is gone") }
        }
      }.checkEverySynchronization().unnoticed
    }
    #expect(unnoticed.filter { $0.contains("registries") } == [])
  }

  /// All codes with `REMORA_LONG_TESTS=1`: each takes a minute.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  @Test("a failing call, once or for ever, loses nothing that was acknowledged", arguments: [false, true])
  func survivesFaults(isPatient: Bool) async throws {
    let tried = try await OwnThread.run {
      let promises = Mutex(StoreFixture.Promises())
      return try PowerLossExperiment { _ in
      } act: { stage in
        promises.withLock { $0 = StoreFixture.Promises() }
        let life = StoreFixture(
          files: stage.files, directory: stage.root.appending("state"), note: { new in promises.withLock { $0 = new } })
        try life.live(isPatient: isPatient)
      } check: { _ in
      }.failEachCall(codes: Self.isLong ? FaultPlan.usualCodes : [isPatient ? .noSpace : .ioError]) { plan, root, _ in
        do {
          try StoreFixture.judge(root.appending("state"), promises.withLock { $0 })
        } catch {
          throw TestSupportError("\(plan): \(error)")
        }
      }
    }
    FileHandle.standardError.write(Data("faults, state directory: \(tried)\n".utf8))
    #expect(tried > 100)
  }
}
