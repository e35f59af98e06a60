import Foundation
import Replication
import RepositoryReplication
import TestSupport
import Testing

/// Housekeeping and object checks by the port; what they do is tested where they live.
@Suite("Upkeep of repositories") struct RepositoryUpkeepTests {
  @Test("a whole copy passes, a damaged one is reported with what is damaged, a missing one is an error")
  func check() async throws {
    try await StrategyGround.with { ground in
      let id = try ground.build("app")
      _ = try await ground.sync(id)
      #expect(ground.copies.needsUpkeep)
      #expect(try await ground.copies.check(id) == CheckReport())
      let packs = ground.copyPath(id) + "/objects/pack"
      let pack = try #require(
        try FileManager.default.contentsOfDirectory(atPath: packs).first { $0.hasSuffix(".pack") })
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(packs)/\(pack)")))
      bytes[bytes.count / 2] ^= 1
      try FileManager.default.removeItem(atPath: "\(packs)/\(pack)")
      try Data(bytes).write(to: URL(fileURLWithPath: "\(packs)/\(pack)"))
      let report = try await ground.copies.check(id)
      #expect(report.findings.first == "objects/pack/\(pack): its bytes are not what its digest says")
      _ = try await ground.sync(id, isFresh: true)
      #expect(try await ground.copies.check(id) == CheckReport())
      await #expect {
        _ = try await ground.copies.check(ReplicableID("nothing"))
      } throws: { ($0 as? StrategyError)?.code == .missing }
    }
  }

  @Test("a copy of sixty packs is consolidated without a thorough request, one of a few is not even touched")
  func housekeep() async throws {
    try await StrategyGround.with { ground in
      let id = try ground.build("busy")
      _ = try await ground.sync(id)
      #expect(try await ground.copies.housekeep(id, isThorough: false) == HousekeepingReport())
      #expect(try await !ground.copies.housekeep(id, isThorough: true).hasRewritten)
      let git = GitCommand()
      for number in 0..<60 {
        let tree = try await git.run("-C", ground.sourcePath(id), "rev-parse", "refs/heads/main^{tree}").text
        let commit = try await git.run(
          "-C", ground.sourcePath(id), "-c", "user.name=a", "-c", "user.email=b", "commit-tree", "-m", "\(number)",
          tree.trimmingCharacters(in: .newlines)
        ).text
        _ = try await git.run(
          "-C", ground.sourcePath(id), "update-ref", "refs/heads/n\(number)", commit.trimmingCharacters(in: .newlines))
        _ = try await ground.sync(id)
      }
      let report = try await ground.copies.housekeep(id, isThorough: false)
      #expect(report.hasChanged && report.hasRewritten)
      #expect(try git.fsck(ground.copyPath(id)) == [])
      #expect(try git.view(ground.copyPath(id)) == git.view(ground.sourcePath(id)))
      #expect(try await ground.copies.check(id) == CheckReport())
      #expect(try await ground.copies.housekeep(ReplicableID("nothing"), isThorough: true) == HousekeepingReport())
    }
  }
}
