import DurableFiles
import Foundation
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import Testing

@Suite("Copies that change places")
struct CopyMovesTests {
  private static func inode(_ path: String) throws -> UInt64? {
    try RealFileSystem().status(of: FilePath(path))?.inode
  }

  @Test("are the same directories under their new ids, and the record goes when the registry has it")
  func circleAndChain() async throws {
    try await StrategyFixture.with { fixture in
      let ids = try ["a", "group/b", "c"].map { try fixture.build($0) }
      for id in ids { _ = try await fixture.sync(id) }
      let last = try ReplicableID("deep/down/last")
      let inodes = try ids.map { try Self.inode(fixture.copyPath($0)) }
      // a and b change places, c goes elsewhere.
      let moves = [
        CopyMove(id: ids[0], newID: ids[1], incarnation: Incarnation(1)),
        CopyMove(id: ids[1], newID: ids[0], incarnation: Incarnation(2)),
        CopyMove(id: ids[2], newID: last, incarnation: Incarnation(3)),
      ]
      try await fixture.copies.move(moves)
      #expect(try Self.inode(fixture.copyPath(ids[1])) == inodes[0])
      #expect(try Self.inode(fixture.copyPath(ids[0])) == inodes[1])
      #expect(try Self.inode(fixture.copyPath(last)) == inodes[2])
      #expect(try Self.inode(fixture.copyPath(ids[2])) == nil)
      // The process died before it could return: the record is still there, and carrying it out again changes nothing.
      #expect(try await fixture.copies.unfinishedMoves() == moves)
      #expect(try Self.inode(fixture.copyPath(ids[1])) == inodes[0])
      try await fixture.copies.finishMoves()
      #expect(try await fixture.copies.unfinishedMoves().isEmpty)
      #expect(try await fixture.copies.catalog().rows.count == 3)
    }
  }

  @Test("stay where they are when something else is in the way, and one without a copy is left out")
  func obstacles() async throws {
    try await StrategyFixture.with { fixture in
      let (id, other) = (try fixture.build("one"), try fixture.build("other"))
      for id in [id, other] { _ = try await fixture.sync(id) }
      let inode = try Self.inode(fixture.copyPath(id))
      let error = await #expect(throws: StrategyError.self) {
        try await fixture.copies.move([CopyMove(id: id, newID: other, incarnation: Incarnation(1))])
      }
      #expect(error?.code == .occupied)
      #expect(try Self.inode(fixture.copyPath(id)) == inode)
      #expect(try await fixture.copies.unfinishedMoves().isEmpty)
      let nothing = try ReplicableID("nothing")
      try await fixture.copies.move([CopyMove(id: nothing, newID: other, incarnation: Incarnation(1))])
      try await fixture.copies.finishMoves()
      #expect(try await fixture.copies.catalog().rows.count == 2)
    }
  }

  @Test("a directory holds the tips of what it was copied from, also after pushes, and not those of another one")
  func marks() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("one")
      let marks = fixture.source.marks(of: try await fixture.source.listing(of: id))
      #expect(marks.count == 2)
      let git = GitCommand()
      _ = try await git.run("-C", fixture.sourcePath(id), "update-ref", "-d", "refs/heads/side")
      #expect(try await fixture.source.holds(marks, id))
      try FileManager.default.removeItem(atPath: fixture.sourcePath(id))
      _ = try await git.run("init", "-q", "--bare", fixture.sourcePath(id))
      #expect(try await fixture.source.holds(marks, id) == false)
      #expect(try await fixture.source.holds([], id))
      #expect(try await fixture.source.holds(["no oid"], id) == false)
    }
  }
}
