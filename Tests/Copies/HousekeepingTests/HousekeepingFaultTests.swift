import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@testable import Housekeeping

@Suite(.timeLimit(.minutes(30))) struct HousekeepingFaultTests {
  /// With `REMORA_LONG_TESTS=1` every call.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  @Test(
    "wherever a call fails, once or for ever, the copy is sound, and the next housekeeping completes it",
    arguments: CrashScenario.allCases)
  func everyCall(_ scenario: CrashScenario) async throws {
    try await OwnThread.run {
      let directory = try TemporaryDirectory("housekeeping-fault")
      let fixture = try scenario.prepare(directory.path("template.git"))
      let verdict = try CrashVerdict(fixture)
      let copy = directory.path("copy.git")
      var tried = 0
      let plans =
        Self.isLong
        ? [(Errno.noSpace, true, 1), (.noSpace, false, 1), (.ioError, false, 1), (.ioError, true, 1)]
        : [(Errno.noSpace, true, 5), (.noSpace, false, 3), (.ioError, false, 17)]
      for (code, isPersistent, step) in plans {
        var call = 1
        while true {
          try FileManager.default.copyItem(atPath: fixture.copyPath, toPath: copy)
          let files = FaultyFileSystem(FaultPlan(call: call, code: code, isPersistent: isPersistent))
          let outcome = CrashScenario.housekeep(FilePath(copy), at: scenario.now, through: files)
          if !files.faultFired { break }
          if outcome.status == .failed {
            let word = code == .noSpace ? MirrorError.Code.diskFull : .destinationInputOutput
            #expect(outcome.error?.code == word, "call \(call): \(outcome.error.map { "\($0)" } ?? "")")
          }
          do {
            try verdict.check(copy, askingGit: tried.isMultiple(of: 8))
            if tried % 4 == 1 { try verdict.heal(copy, at: scenario.now) }
          } catch {
            throw TestSupportError("call \(call), \(code): \(error)")
          }
          try FileManager.default.removeItem(atPath: copy)
          tried += 1
          call += step
        }
        try FileManager.default.removeItem(atPath: copy)
      }
      print("\(scenario): \(tried) faults")
      #expect(tried >= 12)
    }
  }

  @Test(
    "a full disk is reported before anything is begun", .enabled(if: SmallDisk.isPossible, "only root may mount"))
  func full() async throws {
    try await OwnThread.run {
      let place = try TemporaryDirectory("small-disk")
      let disk = try SmallDisk(at: place.path, bytes: 3 << 20)
      defer { disk.unmount() }
      let fixture = try HousekeepingFixture(at: place.path("copy.git")) { builder in
        builder.branch("main", at: builder.commit(["base": .random(400_000, seed: 1)]))
      }
      try fixture.source.change { $0.branch("side", at: $0.commit(["side": .random(300_000, seed: 2)])) }
      try fixture.mirror()
      let before = try fixture.packs()
      let outcome = fixture.attempt { $0.freeBytesToKeep = 2 << 20 }
      #expect(outcome.error?.code == .diskFull, "\(outcome.error.map { "\($0)" } ?? "")")
      try disk.fill()
      let second = fixture.attempt { $0.freeBytesToKeep = 0 }
      #expect(second.error?.code == .diskFull, "\(second.error.map { "\($0)" } ?? "")")
      #expect(try fixture.packs() == before)
      try disk.free()
      try fixture.housekeep { $0.freeBytesToKeep = 0 }
      try fixture.requireSound()
    }
  }

  @Test("a cancelled housekeeping, and one without time, end soon and leave the copy sound", arguments: [true, false])
  func ends(byDeadline: Bool) async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 5)
      for phase in HousekeepingPhase.allCases where ![.trimming, .measuring].contains(phase) {
        let flag = CancellationFlag()
        let outcome = fixture.attempt(
          { settings in
            settings.scope = .packs
            if byDeadline, phase == .sweeping { settings.run = .zero }
          }, cancellation: flag, report: { if !byDeadline, $0 == phase { flag.raise() } })
        try fixture.requireSound()
        guard outcome.status == .failed else { continue }
        #expect(outcome.error?.code == (byDeadline ? .timeout : .cancelled))
      }
      try fixture.housekeep()
      try fixture.requireSound()
    }
  }

  @Test("without git libgit2 does it all")
  func withoutGit() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 20)
      let environment = fixture.environment(variables: ["PATH": "/nonexistent"])
      let outcome = try fixture.housekeep(environment: environment)
      #expect(outcome.packsAfter == 1)
      #expect(outcome.warnings == [])
      try fixture.requireSound()
      try fixture.copy.run("multi-pack-index", "verify")
      try fixture.copy.run("commit-graph", "verify")
      fixture.pass(3_600)
      #expect(try fixture.housekeep(environment: environment).removed == 21)
      try fixture.requireSound()
      try fixture.update(30)
      try fixture.requireSound()
    }
  }

  @Test("a git that fails changes nothing, and is quoted")
  func gitFails() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 5)
      let script = try fixture.directory.write("#!/bin/sh\necho 'no mood today' >&2\nexit 3\n", to: "bin/git")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
      let environment = fixture.environment(variables: ["PATH": fixture.directory.path("bin")])
      let before = try fixture.packs()
      let outcome = fixture.attempt({ $0.scope = .packs }, environment: environment)
      #expect(outcome.error?.message.contains("no mood today") == true, "\(outcome.error.map { "\($0)" } ?? "")")
      #expect(try fixture.packs() == before)
      try fixture.requireSound()
    }
  }
}
