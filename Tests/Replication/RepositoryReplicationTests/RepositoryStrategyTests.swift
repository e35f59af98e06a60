import Foundation
import GitValues
import Mirroring
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import Testing

@Suite("Repository strategy")
struct RepositoryStrategyTests {
  private static let now = Timestamp(milliseconds: 1_790_000_000_000)

  @Test("a sync makes the copy equal, by git's own word, and reads its checksum back from disk")
  func sync() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("group/app")
      let report = try await fixture.sync(id)
      let git = GitCommand()
      #expect(try git.view(fixture.copyPath(id)) == git.view(fixture.sourcePath(id)))
      let checksum = try git.checksum(fixture.copyPath(id))
      #expect(report.hasChanged && report.checksum?.description == checksum)
      let listing = try await fixture.source.listing(of: id)
      #expect(try await fixture.copies.listing(of: id) == listing)
      #expect(try await fixture.sync(id).hasChanged == false)
    }
  }

  @Test("the history of a copy is read the newest first, as much as is asked for; without a copy there is none")
  func history() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("app")
      let copy = FilePath(fixture.copyPath(id))
      #expect(try RefHistory(of: copy, limit: 10) == nil)
      #expect(try RefHistory(of: FilePath(fixture.sourcePath(id)), limit: 10) == nil)
      _ = try await fixture.sync(id)
      let git = GitCommand()
      let side = try git.refs(fixture.copyPath(id))["refs/heads/side"]
      _ = try await git.run("-C", fixture.sourcePath(id), "update-ref", "-d", "refs/heads/side")
      _ = try await fixture.sync(id)
      let newest = try #require(try RefHistory(of: copy, limit: 1))
      #expect(newest.changes.map(\.ref) == ["refs/heads/side"] && newest.changes.map(\.old) == [side])
      #expect(newest.changes.map(\.new) == [nil] && newest.hasMore && newest.damagedLines == 0)
      let all = try #require(try RefHistory(of: copy, limit: 1_000))
      #expect(all.changes.count > 2 && all.changes.first == newest.changes.first && !all.hasMore)
    }
  }

  @Test("a source that is gone is missing on the primary, one that is no repository is not")
  func missing() async throws {
    try await StrategyFixture.with { fixture in
      let id = try ReplicableID("nothing")
      await #expect {
        _ = try await fixture.sync(id)
      } throws: { ($0 as? StrategyError)?.code == .missingOnPrimary }
      try fixture.directory.write("no repository", to: "source/nothing.git/file")
      await #expect {
        _ = try await fixture.sync(id)
      } throws: { error in
        guard let error = error as? StrategyError else { return false }
        return error.code != .missingOnPrimary && error.disposition == .replicable
      }
      #expect(!FileManager.default.fileExists(atPath: fixture.copyPath(id)))
    }
  }

  @Test(
    "fetched anew, a damaged copy is sound again, keeps its history and what that names, and lies in the trash as it was"
  )
  func fresh() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("damaged")
      _ = try await fixture.sync(id)
      let git = GitCommand()
      let dropped = try await git.run("-C", fixture.sourcePath(id), "rev-parse", "refs/heads/side").text
      let (first, before) = (Date(), try git.refs(fixture.copyPath(id)))
      _ = try await git.run("-C", fixture.sourcePath(id), "update-ref", "-d", "refs/heads/side")
      _ = try await fixture.sync(id)
      // The tip's commit object goes: the copy names what it does not have.
      let tip = try await git.run("-C", fixture.copyPath(id), "rev-parse", "refs/heads/main").text
      let packs = fixture.copyPath(id) + "/objects/pack"
      for name in try FileManager.default.contentsOfDirectory(atPath: packs) where name.hasSuffix(".pack") {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: packs + "/" + name)))
        try FileManager.default.removeItem(atPath: packs + "/" + name)
        try FileManager.default.removeItem(atPath: packs + "/" + name.dropLast(5) + ".idx")
        _ = try await git.run("-C", fixture.copyPath(id), "unpack-objects", "-q", input: bytes)
      }
      try FileManager.default.removeItem(
        atPath: fixture.copyPath(id) + "/objects/\(tip.prefix(2))/\(tip.dropFirst(2))")
      let history = try String(contentsOfFile: fixture.copyPath(id) + "/remora/refs.journal.jsonl", encoding: .utf8)

      // The source goes on meanwhile.
      _ = try await git.run("-C", fixture.sourcePath(id), "update-ref", "refs/heads/new", tip)
      let (second, damaged) = (Date(), try git.refs(fixture.copyPath(id)))
      let report = try await fixture.sync(id, isFresh: true)
      #expect(report.hasChanged)
      #expect(try git.view(fixture.copyPath(id)) == git.view(fixture.sourcePath(id)))
      #expect(try git.fsck(fixture.copyPath(id)) == [])
      let kept = try String(contentsOfFile: fixture.copyPath(id) + "/remora/refs.journal.jsonl", encoding: .utf8)
      #expect(kept.hasPrefix(history) && kept.count > history.count)
      _ = try await git.run("-C", fixture.copyPath(id), "gc", "--prune=now", "--quiet")
      #expect(try await git.run("-C", fixture.copyPath(id), "cat-file", "-t", dropped).text == "commit")
      // Its history lists both moments, across the change of places.
      for (moment, refs) in [(first, before), (second, damaged), (Date(), try git.refs(fixture.sourcePath(id)))] {
        let found = try CopyMoment.read(FilePath(fixture.copyPath(id)), at: moment, now: Date())
        #expect(Dictionary(uniqueKeysWithValues: found.refs.map { ("\($0.name)", $0.oid.hex) }) == refs)
        #expect(found.uncertain == [])
      }
      let tickets = try await fixture.copies.trash()
      #expect(tickets.map(\.reason) == ["displaced"] && tickets.map(\.replicableID) == [id])
      #expect(try await fixture.sync(id).hasChanged == false)
      // What history may still name stays longer than what was removed.
      let later = Timestamp(milliseconds: 4_000_000_000_000)
      let earlier = Timestamp(milliseconds: 0)
      #expect(try await fixture.copies.emptyTrash(before: later, displacedBefore: earlier) == 0)
      #expect(try await fixture.copies.emptyTrash(before: earlier, displacedBefore: later) == 1)
    }
  }

  @Test("a discarded copy lies in the trash, comes back whole, and goes by age only")
  func trash() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("deep/er/app")
      _ = try await fixture.sync(id)
      let before = try GitCommand().view(fixture.copyPath(id))
      let ticket = try #require(try await fixture.copies.discard(id, entry: nil, at: Self.now))
      #expect(try await fixture.copies.presence(of: id) == .absent)
      #expect(!FileManager.default.fileExists(atPath: fixture.directory.path("copies/deep")))
      #expect(try await fixture.copies.trash() == [ticket])
      #expect(try await fixture.copies.discard(id, entry: nil, at: Self.now) == nil)
      try await fixture.copies.restore(ticket)
      #expect(try GitCommand().view(fixture.copyPath(id)) == before)
      #expect(try await fixture.copies.trash() == [])
      let second = try #require(try await fixture.copies.discard(id, entry: nil, at: Self.now))
      _ = try await fixture.sync(id)
      await #expect {
        try await fixture.copies.restore(second)
      } throws: { ($0 as? StrategyError)?.code == .occupied }
      #expect(try await fixture.copies.emptyTrash(before: Self.now) == 0)
      #expect(try await fixture.copies.emptyTrash(before: Self.now + .milliseconds(1)) == 1)
      #expect(try await fixture.copies.trash() == [])
    }
  }

  @Test("a rename moves the copy once, and refuses a place that is taken")
  func rename() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("old/name")
      let newID = try ReplicableID("new/place/name")
      _ = try await fixture.sync(id)
      for _ in 0..<2 { try await fixture.copies.rename(id, to: newID) }
      #expect(try GitCommand().view(fixture.copyPath(newID)) == GitCommand().view(fixture.sourcePath(id)))
      _ = try await fixture.sync(id)
      await #expect {
        try await fixture.copies.rename(id, to: newID)
      } throws: { ($0 as? StrategyError)?.code == .occupied }
    }
  }
}
