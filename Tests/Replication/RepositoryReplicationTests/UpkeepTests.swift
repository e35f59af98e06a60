import Foundation
import Replication
import RepositoryReplication
import TestSupport
import Testing

/// Housekeeping and object checks by the port; what they do is tested where they live.
@Suite("Upkeep of repositories") struct RepositoryUpkeepTests {
  @Test("a whole copy passes, a damaged one is reported with what is damaged, a missing one is an error")
  func check() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("app")
      _ = try await fixture.sync(id)
      #expect(fixture.copies.needsUpkeep)
      #expect(try await fixture.copies.check(id) == CheckReport())
      let packs = fixture.copyPath(id) + "/objects/pack"
      let pack = try #require(
        try FileManager.default.contentsOfDirectory(atPath: packs).first { $0.hasSuffix(".pack") })
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(packs)/\(pack)")))
      bytes[bytes.count / 2] ^= 1
      try FileManager.default.removeItem(atPath: "\(packs)/\(pack)")
      try Data(bytes).write(to: URL(fileURLWithPath: "\(packs)/\(pack)"))
      let report = try await fixture.copies.check(id)
      #expect(report.findings.first == "objects/pack/\(pack): its bytes are not what its digest says")
      _ = try await fixture.sync(id, isFresh: true)
      #expect(try await fixture.copies.check(id) == CheckReport())
      await #expect {
        _ = try await fixture.copies.check(ReplicableID("nothing"))
      } throws: { ($0 as? StrategyError)?.code == .missing }
    }
  }

  @Test("a copy of sixty packs is consolidated without a thorough request, one of a few is not even touched")
  func housekeep() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("busy")
      _ = try await fixture.sync(id)
      #expect(try await fixture.copies.housekeep(id, isThorough: false) == HousekeepingReport())
      #expect(try await !fixture.copies.housekeep(id, isThorough: true).hasRewritten)
      let git = GitCommand()
      for number in 0..<60 {
        let tree = try await git.run("-C", fixture.sourcePath(id), "rev-parse", "refs/heads/main^{tree}").text
        let commit = try await git.run(
          "-C", fixture.sourcePath(id), "-c", "user.name=a", "-c", "user.email=b", "commit-tree", "-m", "\(number)",
          tree.trimmingCharacters(in: .newlines)
        ).text
        _ = try await git.run(
          "-C", fixture.sourcePath(id), "update-ref", "refs/heads/n\(number)", commit.trimmingCharacters(in: .newlines))
        _ = try await fixture.sync(id)
      }
      let report = try await fixture.copies.housekeep(id, isThorough: false)
      #expect(report.hasChanged && report.hasRewritten)
      #expect(try git.fsck(fixture.copyPath(id)) == [])
      #expect(try git.view(fixture.copyPath(id)) == git.view(fixture.sourcePath(id)))
      #expect(try await fixture.copies.check(id) == CheckReport())
      #expect(try await fixture.copies.housekeep(ReplicableID("nothing"), isThorough: true) == HousekeepingReport())
    }
  }
}
