import BlobReplication
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

@Suite("The trash of files, and renames")
struct TrashTests {
  private let fixture: BlobFixture
  private let strategy: BlobStrategy
  private let id: ReplicableID
  private let content = BlobFixture.content(1_000)

  init() throws {
    fixture = try BlobFixture()
    strategy = fixture.strategy()
    id = try ReplicableID("dir/sub/file")
    try fixture.put(content, at: id.text)
  }

  private func entry() -> RegistryEntry {
    RegistryEntry(id: 1, replicableID: id, createdAt: BlobFixture.now, incarnation: Incarnation(7))
  }

  @Test("a discarded file lies there with its ticket, and comes back") func thereAndBack() async throws {
    try fixture.put([1], at: "dir/sub/.remora-file.part")
    let ticket = try #require(try await strategy.discard(id, entry: entry(), at: BlobFixture.now))
    #expect(ticket.incarnation == Incarnation(7) && ticket.reason == "deleted" && ticket.replicableID == id)
    #expect(try fixture.names() == [], "no part and no empty directory stays")
    #expect(try await strategy.trash() == [ticket])
    #expect(try fixture.bytes(".remora-trash/\(ticket.name)/content") == content)
    let note = try #require(try fixture.bytes(".remora-trash/\(ticket.name)/ticket.json"))
    #expect(
      String(decoding: note, as: UTF8.self)
        == "{\"discarded_at\":\"2027-01-15T08:00:00.000Z\",\"format\":1,\"incarnation\":\"0000000000000007\","
        + "\"reason\":\"deleted\",\"replicable_id\":\"dir/sub/file\"}\n")
    try await strategy.restore(ticket)
    #expect(try fixture.bytes(id.text) == content)
    #expect(try await strategy.trash() == [])
    #expect(try await strategyError { try await strategy.restore(ticket) }.code == .missing)
  }

  @Test("what is not there cannot be discarded") func nothing() async throws {
    #expect(try await strategy.discard(ReplicableID("nowhere/x"), entry: nil, at: BlobFixture.now) == nil)
  }

  @Test("nothing is restored over another file") func occupied() async throws {
    let ticket = try #require(try await strategy.discard(id, entry: nil, at: BlobFixture.now))
    try fixture.put([5], at: id.text)
    #expect(try await strategyError { try await strategy.restore(ticket) }.code == .occupied)
    #expect(try fixture.bytes(id.text) == [5])
    #expect(try await strategy.trash() == [ticket])
  }

  @Test("a restore that was broken off is completed") func brokenOff() async throws {
    let ticket = try #require(try await strategy.discard(id, entry: nil, at: BlobFixture.now))
    try RealFileSystem().makeDirectories(FilePath(fixture.path("dir/sub")))
    try RealFileSystem().link(
      FilePath(fixture.path(".remora-trash/\(ticket.name)/content")), to: FilePath(fixture.path(id.text)))
    try await strategy.restore(ticket)
    #expect(try fixture.bytes(id.text) == content)
    #expect(try await strategy.trash() == [])
  }

  @Test(
    "a ticket cannot lead elsewhere",
    arguments: ["..", ".", "", "../../outside", "20270115T080000000Z-000000000000000g", "a/b"])
  func foreignTickets(name: String) async throws {
    var ticket = try #require(try await strategy.discard(id, entry: nil, at: BlobFixture.now))
    ticket.name = name
    #expect(try await strategyError { try await strategy.restore(ticket) }.code == .missing)
  }

  @Test("a ticket for another replicable restores nothing") func otherReplicable() async throws {
    var ticket = try #require(try await strategy.discard(id, entry: nil, at: BlobFixture.now))
    ticket.replicableID = try ReplicableID("other")
    #expect(try await strategyError { try await strategy.restore(ticket) }.code == .missing)
  }

  @Test("is emptied by age alone, half entries too") func emptied() async throws {
    let early = try #require(try await strategy.discard(id, entry: nil, at: BlobFixture.now))
    try fixture.put(content, at: "late")
    let late = try #require(
      try await strategy.discard(ReplicableID("late"), entry: nil, at: BlobFixture.now + .seconds(60)))
    #expect(try await strategy.trash() == [late, early], "the newest first")
    // Two that a crash has left: without the file, and without anything.
    let half = "20270115T080000000Z-0000000000000001"
    try fixture.put(Array("{".utf8), at: ".remora-trash/\(half)/ticket.json")
    try fixture.put([1], at: ".remora-trash/not-ours/content")
    #expect(try await strategy.trash() == [late, early])
    #expect(try await strategy.emptyTrash(before: BlobFixture.now) == 0)
    #expect(try await strategy.emptyTrash(before: BlobFixture.now + .seconds(60)) == 1)
    #expect(try await strategy.trash() == [late])
    #expect(!FileManager.default.fileExists(atPath: fixture.path(".remora-trash/\(half)")))
    #expect(FileManager.default.fileExists(atPath: fixture.path(".remora-trash/not-ours/content")))
  }

  @Test("parts that no sync touches are swept with it, others stay") func leftovers() async throws {
    try fixture.put([1], at: "dir/.remora-gone.part")
    try fixture.put([1], at: "dir/.remora-gone.resume")
    try fixture.put([1], at: "dir/.remora-other")
    #expect(try await strategy.emptyTrash(before: Timestamp(milliseconds: 0)) == 0)
    #expect(try fixture.names().contains("dir/.remora-gone.part"))
    #expect(try await strategy.emptyTrash(before: BlobFixture.now) == 0)
    #expect(try fixture.names() == ["dir", "dir/.remora-other", "dir/sub", "dir/sub/file"])
  }

  @Test("a trash that is a link is refused") func linkedTrash() async throws {
    try FileManager.default.createSymbolicLink(atPath: fixture.path(".remora-trash"), withDestinationPath: "/tmp")
    #expect(
      try await strategyError { _ = try await strategy.discard(id, entry: nil, at: BlobFixture.now) }.code == .occupied)
    #expect(try fixture.bytes(id.text) == content)
  }

  // MARK: Renames

  @Test("files change places, and one takes the name of a directory that another one leaves")
  func moved() async throws {
    let fixture = try BlobFixture()
    let strategy = fixture.strategy()
    for (id, text) in [("a", "A"), ("b", "B"), ("dir/c", "C"), ("d", "D")] { try fixture.put(Array(text.utf8), at: id) }
    let moves = try [("a", "b"), ("b", "a"), ("dir/c", "c"), ("d", "dir")].enumerated().map { index, names in
      CopyMove(
        id: try ReplicableID(names.0), newID: try ReplicableID(names.1), incarnation: Incarnation(UInt64(index)))
    }
    try await strategy.move(Array(moves[0..<3]))
    #expect(try await strategy.unfinishedMoves() == Array(moves[0..<3]))
    try await strategy.finishMoves()
    try await strategy.move([moves[3]])
    try await strategy.finishMoves()
    let found = try ["a", "b", "c", "dir"].map { String(decoding: try fixture.bytes($0) ?? [], as: UTF8.self) }
    #expect(found == ["B", "A", "C", "D"])
    #expect(try await strategy.trash().isEmpty)
    #expect(try await strategy.catalog().rows.count == 4)
  }

  @Test("a rename makes and removes directories, and does nothing the second time") func renamed() async throws {
    let newID = try ReplicableID("new/place")
    for _ in 0..<2 {
      try await strategy.rename(id, to: newID)
      #expect(try fixture.bytes("new/place") == content)
      #expect(try fixture.names() == ["new", "new/place"])
    }
    #expect(try await strategyError { try await strategy.rename(id, to: ReplicableID("third")) }.code == .missing)
    try await strategy.rename(newID, to: newID)
    #expect(try fixture.bytes("new/place") == content)
  }

  @Test("a rename never replaces another file") func renameOccupied() async throws {
    try fixture.put([5], at: "taken")
    #expect(try await strategyError { try await strategy.rename(id, to: ReplicableID("taken")) }.code == .occupied)
    #expect(try fixture.bytes("taken") == [5])
    #expect(try fixture.bytes(id.text) == content)
  }

  @Test("a rename that was broken off is completed") func renameBrokenOff() async throws {
    try RealFileSystem().link(FilePath(fixture.path(id.text)), to: FilePath(fixture.path("new")))
    try await strategy.rename(id, to: ReplicableID("new"))
    #expect(try fixture.names() == ["new"])
  }

  @Test("a file may take the name of a directory whose files were discarded") func directoryToFile() async throws {
    _ = try await strategy.discard(id, entry: nil, at: BlobFixture.now)
    let request = SyncRequest(id: try ReplicableID("dir"), source: try fixture.source(content))
    #expect(try await strategy.sync(request).hasChanged)
  }
}
