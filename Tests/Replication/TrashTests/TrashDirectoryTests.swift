import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

@testable import Trash

@Suite struct TrashDirectoryTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)

  struct Wrong: Error {
    let found: String
  }

  private static func trash(
    _ root: FilePath, through files: any FileSystemPort = RealFileSystem()
  ) -> TrashDirectory {
    TrashDirectory(in: root, content: "content", permissions: FilePermissions(rawValue: 0o700), through: files)
  }

  private static func ticket(_ name: String, at moment: Timestamp = now) throws -> TrashTicket {
    TrashTicket(
      name: name, replicableID: try ReplicableID("dir/file"), incarnation: Incarnation(0xa7), discardedAt: moment,
      reason: "deleted")
  }

  private static func fixture() throws -> [UInt8] {
    Array(try Data(contentsOf: Fixtures.url("formats/blobs").appending(path: "ticket.json")))
  }

  @Test("a ticket is read and written") func format() throws {
    let bytes = try Self.fixture()
    let ticket = try #require(StoredTicket.ticket(decoding: bytes, name: "n"))
    #expect(ticket == (try Self.ticket("n")))
    #expect(try StoredTicket.encode(ticket) == bytes)
  }

  @Test("torn, foreign and newer tickets are none of ours") func damaged() throws {
    let whole = try Self.fixture()
    let newer = Array(
      String(decoding: whole, as: UTF8.self).replacingOccurrences(of: "\"format\":1", with: "\"format\":2").utf8)
    let cuts = (0..<whole.count - 2).map { Array(whole[..<$0]) } + [newer, Array("[]".utf8), [0xff, 0xfe]]
    for bytes in cuts { #expect(StoredTicket.ticket(decoding: bytes, name: "n") == nil) }
  }

  @Test("an entry has its ticket, its date and the permissions of the trash; a dropped one is gone")
  func entry() throws {
    let directory = try TemporaryDirectory()
    let trash = Self.trash(FilePath(directory.path))
    #expect(try trash.names() == [])
    let ticket = try Self.ticket(TrashDirectory.newName("1"))
    var made: [FilePath] = []
    try trash.make(ticket) { made = $0 }
    #expect(made == [trash.path, trash.directory(of: ticket.name)])
    #expect(try trash.names() == [ticket.name])
    #expect(try trash.ticket(named: ticket.name) == ticket)
    #expect(try trash.since(ticket.name) == Self.now)
    #expect(
      try RealFileSystem().status(of: trash.directory(of: ticket.name))?.permissions
        == FilePermissions(rawValue: 0o700))
    trash.drop(ticket.name)
    #expect(try trash.names() == [] && trash.ticket(named: ticket.name) == nil && trash.since(ticket.name) == nil)
    withExtendedLifetime(directory) {}
  }

  @Test("an entry without a readable ticket has the date of its directory", arguments: ["", "{", nil])
  func undated(text: String?) throws {
    let directory = try TemporaryDirectory()
    let trash = Self.trash(FilePath(directory.path))
    try RealFileSystem().makeDirectories(trash.directory(of: "n"))
    if let text { try directory.write(text, to: "\(TrashDirectory.name)/n/ticket.json") }
    #expect(try trash.ticket(named: "n") == nil)
    let modified = try #require(try RealFileSystem().status(of: trash.directory(of: "n"))?.modified)
    #expect(try trash.since("n") == Timestamp(milliseconds: modified.milliseconds))
    withExtendedLifetime(directory) {}
  }

  @Test("an entry that cannot be made durable is removed again")
  func failed() throws {
    let directory = try TemporaryDirectory()
    let trash = Self.trash(FilePath(directory.path))
    #expect(throws: Wrong.self) {
      try trash.make(try Self.ticket("n")) { _ in throw Wrong(found: "nothing") }
    }
    #expect(try trash.names() == [])
    withExtendedLifetime(directory) {}
  }

  @Test("the newest ticket comes first, and of one moment the last by name")
  func order() throws {
    let tickets = [
      try Self.ticket("a", at: Self.now), try Self.ticket("b", at: Self.now),
      try Self.ticket("c", at: Self.now + .seconds(1)),
    ]
    #expect(TrashDirectory.sorted(tickets).map(\.name) == ["c", "b", "a"])
  }

  @Test("after a loss of power an entry has its whole ticket or is not listed as one that has")
  func powerLoss() throws {
    try PowerLossExperiment { _ in
    } act: { stage in
      let trash = Self.trash(stage.root, through: stage.files)
      let ticket = try Self.ticket("n")
      try trash.make(ticket) { made in
        try stage.files.synchronizeDirectory(trash.directory(of: "n"))
        try stage.files.synchronizeParents(of: made)
      }
    } check: { state in
      let found = try Self.trash(state.root).ticket(named: "n")
      let whole = try Self.ticket("n")
      guard found == whole || !state.isFinal && found == nil else { throw Wrong(found: "\(String(describing: found))") }
    }.run()
  }
}
