import DurableFiles
import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("A disk that is full or fails", .timeLimit(.minutes(10))) struct FaultsDiskTests {
  @Test(
    "a full disk is reported, the copy stays as it was", .enabled(if: SmallDisk.isPossible, "only root may mount"),
    arguments: [false, true])
  func full(keepsReserve: Bool) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      let disk = try SmallDisk(at: harness.directory.path("copies"), bytes: 2 << 20)
      defer { disk.unmount() }
      try harness.expectFailure("disk_full", freeBytesToKeep: keepsReserve ? nil : 3 << 20)
      var request = try harness.request()
      request.limits.freeBytesToKeep = 0
      let outcome = MirrorRun(request, environment: harness.environment(), cancellation: .init()).execute()
      #expect(outcome.status == .cloned, "\(outcome.error.map { "\($0)" } ?? "")")
      try source.change { $0.branch("large", at: $0.commit(["large": .random(6 << 20, seed: 3)])) }
      try harness.expectFailure("disk_full", saying: ["free some space"], freeBytesToKeep: keepsReserve ? nil : 0)
      try harness.expectSound()
    }
  }

  @Test(
    "a disk that is full beforehand is reported", .enabled(if: SmallDisk.isPossible, "only root may mount"))
  func fullAtOnce() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      let disk = try SmallDisk(at: harness.directory.path("copies"), bytes: 1 << 20)
      defer { disk.unmount() }
      try disk.fill()
      try harness.expectFailure("disk_full", freeBytesToKeep: 0)
    }
  }

  @Test(
    "a pack that will not fit is refused while half of the disk is still free", .enabled(if: SmallDisk.isPossible))
  func forecast() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      let disk = try SmallDisk(at: harness.directory.path("copies"), bytes: 48 << 20)
      defer { disk.unmount() }
      var request = try harness.request()
      request.limits.freeBytesToKeep = 1 << 20
      #expect(
        MirrorRun(request, environment: harness.environment(), cancellation: .init()).execute().status == .cloned)
      // 64 MB of 256 files, none of which can be made smaller.
      try source.change { builder in
        var files: [String: FileContent] = [:]
        for number in 0..<256 { files["file\(number)"] = .random(256 << 10, seed: UInt64(number)) }
        builder.branch("large", at: builder.commit(files))
      }
      let outcome = MirrorRun(request, environment: harness.environment(), cancellation: .init()).execute()
      let error = try #require(outcome.error)
      #expect(error.code == .diskFull, "\(error)")
      let numbers = error.message.matches(of: /[0-9]{5,}/).compactMap { Int($0.output) }
      let (free, needed) = (try #require(numbers.first), try #require(numbers.dropFirst().first))
      #expect(free > 24 << 20, "it was noticed late: \(error)")
      #expect(needed > free - (1 << 20) && needed < 64 << 20, "\(error)")
      try harness.expectSound()
      request.limits.freeBytesToKeep = 0
      try source.change { $0.deleteRef("refs/heads/large") }
      #expect(
        MirrorRun(request, environment: harness.environment(), cancellation: .init()).execute().status != .failed)
    }
  }

  @Test("a read-only disk is reported", .enabled(if: SmallDisk.isPossible, "only root may mount"))
  func readOnly() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      let disk = try SmallDisk(at: harness.directory.path("copies"), bytes: 8 << 20)
      defer { disk.unmount() }
      try disk.makeReadOnly()
      try harness.expectFailure("destination_unwritable", saying: ["writable"])
      try disk.makeWritable()
      var request = try harness.request()
      request.limits.freeBytesToKeep = 0
      let outcome = MirrorRun(request, environment: harness.environment(), cancellation: .init()).execute()
      #expect(outcome.status == .cloned)
      try source.change { $0.branch("new", at: $0.commit(["new": "new\n"])) }
      try disk.makeReadOnly()
      try harness.expectFailure("destination_unwritable", saying: ["writable"], freeBytesToKeep: 0)
    }
  }

  @Test(
    "wherever a call fails, once or for ever, the copy has its old or its new refs, and the next run makes it exact",
    arguments: [
      // Of the calls that read, which cannot run out of space, every third.
      (Errno.noSpace, "disk_full", true, 1), (.noSpace, "disk_full", false, 1), (.ioError, "destination_io", true, 3),
      (.ioError, "destination_io", false, 3),
    ])
  func everyCall(code: Errno, word: String, isPersistent: Bool, step: Int) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try harness.copy.run("update-ref", "refs/heads/stray", source.oid("main").hex)
      let old = try GitCommand().view(harness.copyPath)
      try source.change { builder in
        builder.branch("new", at: builder.commit(["new": "new\n"], parents: [.oid(try source.oid("side"))]))
        builder.branch("main", at: .oid(try source.oid("v1^{}")))
        builder.deleteRef("refs/heads/side")
        builder.head = .branch("new")
      }
      let new = try source.view()
      let pristine = harness.directory.path("pristine.git")
      try FileManager.default.copyItem(atPath: harness.copyPath, toPath: pristine)
      var call = 1
      while true {
        var environment = harness.environment()
        let files = FaultyFileSystem(FaultPlan(call: call, code: code, isPersistent: isPersistent))
        environment.files = files
        let outcome = try harness.attempt(environment: environment)
        guard files.faultFired else {
          #expect(outcome.status == .updated)
          break
        }
        if outcome.status == .failed { try harness.expectFailure(outcome, word) }
        let found = try GitCommand().view(harness.copyPath)
        let isKnown = found.refs == old.refs && found.head == old.head || found.refs == new.refs
        #expect(isKnown, "call \(call): \(found)")
        #expect(outcome.status == .failed || found == new, "call \(call): a success must be one")
        try harness.mirror()
        #expect(try GitCommand().view(harness.copyPath) == new, "after call \(call)")
        if call % 8 == 1 { try harness.expectSound() }
        #expect(!FileManager.default.fileExists(atPath: harness.layout.staging.string))
        try FileManager.default.removeItem(atPath: harness.copyPath)
        try FileManager.default.copyItem(atPath: pristine, toPath: harness.copyPath)
        call += step
        try #require(call < 600)
      }
      #expect(call > 40)
    }
  }
}
