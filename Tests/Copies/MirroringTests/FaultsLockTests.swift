import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

@Suite("Locks and leftovers in a copy", .timeLimit(.minutes(10))) struct FaultsLockTests {
  @Test(
    "a lock of another program is respected and named",
    arguments: ["packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "refs/heads/deep/er.lock"],
    ["", "ref: refs/x\n"])
  func foreign(name: String, content: String) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try source.change { builder in
        builder.branch("new", at: builder.commit(["new": "new\n"]))
        builder.head = .branch("side")
      }
      try harness.plant(content, at: name)
      let refs = try GitCommand().view(harness.copyPath)
      let outcome = try harness.attempt()
      try harness.expectFailure(outcome, "destination_locked", saying: [name])
      #expect(try GitCommand().view(harness.copyPath) == refs)
      #expect(FileManager.default.fileExists(atPath: "\(harness.copyPath)/\(name)"))
      #expect(!FileManager.default.fileExists(atPath: harness.layout.staging.string), "nothing half made")
      try FileManager.default.removeItem(atPath: "\(harness.copyPath)/\(name)")
      try harness.mirrorExactly()
    }
  }

  @Test("a lock of another program is no matter where nothing changes")
  func foreignUnchanged() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      try harness.mirrorExactly()
      try harness.plant("", at: "packed-refs.lock")
      #expect(try harness.mirror().status == .unchanged)
    }
  }

  @Test("what a dead run left is swept")
  func leftovers() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try source.change { $0.branch("new", at: $0.commit(["new": "new\n"])) }
      for name in ["pack_git2_0123456789abcdef", "packed-refs", "HEAD", "sub/deep/file", "loose.lock"] {
        try harness.plant("left over", at: "remora/staging/\(name)")
      }
      // Half a published pack: linked from staging, its index not yet.
      try harness.plant("PACK", at: "remora/staging/pack-\(String(repeating: "a", count: 40)).pack")
      let half = "pack-\(String(repeating: "a", count: 40)).pack"
      link("\(harness.copyPath)/remora/staging/\(half)", "\(harness.copyPath)/objects/pack/\(half)")
      try harness.plant("remora folds this ref\n", at: "refs/heads/main.lock")
      try harness.plant("{\"torn", at: "remora/state.json.new")
      try harness.mirrorExactly()
      #expect(!FileManager.default.fileExists(atPath: "\(harness.copyPath)/objects/pack/\(half)"))
      #expect(!FileManager.default.fileExists(atPath: "\(harness.copyPath)/remora/state.json.new"))
    }
  }
}
