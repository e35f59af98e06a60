import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import Testing

/// `fixtures/formats` holds one file of each format that copies are made of; they must be read as long as Remora lives.
@Suite("File formats of copies")
struct FormatFixtureTests {
  private static let fixtures = Fixtures.url("formats")

  private static func content(_ name: String) throws -> Data {
    try Data(contentsOf: fixtures.appendingPathComponent(name))
  }

  private static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private static func withCopy(_ body: (TemporaryDirectory) async throws -> Void) async throws {
    try await withTemporaryDirectory("formats") { directory in
      try directory.write(bytes: [UInt8](content("refs.journal.jsonl")), to: "remora/refs.journal.jsonl")
      try await body(directory)
    }
  }

  @Test("state.json is read, and written again byte for byte")
  func state() throws {
    let data = try Self.content("state.json")
    let state = try JSONDecoder().decode(CopyState.self, from: data)
    #expect(state.source == "https://git.example.org/project.git")
    #expect(state.head == "ref: refs/heads/main")
    #expect(state.exclude == ["refs/pull"])
    #expect(state.refs == 3)
    #expect(state.packedRefs?.size == 157)
    #expect(state.packedRefs?.inode == 16_401_684)
    #expect(try Self.encoder().encode(state) + Data("\n".utf8) == data)
  }

  @Test("each line of refs.journal.jsonl is read, and written again byte for byte")
  func journalLines() throws {
    let lines = try Self.content("refs.journal.jsonl").split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 7)
    for line in lines {
      let read = try JSONDecoder().decode(RefJournalLine.self, from: line)
      #expect(try Self.encoder().encode(read) == Data(line))
    }
  }

  @Test("the journal lists an entry of two parts, a name that is not UTF-8, and nothing of an abandoned entry")
  func journal() async throws {
    try await Self.withCopy { directory in
      let history = try CopyHistory.read(FilePath(directory.path))
      #expect(history.damagedLines == 0)
      #expect(
        history.changes.map(\.name) == [
          ReferenceName("refs/heads/main"), ReferenceName("refs/heads/topic"),
          ReferenceName(bytes: Array("refs/heads/caf".utf8) + [0xE9]), ReferenceName("refs/tags/v1"), .head,
          ReferenceName("refs/heads/main"), ReferenceName("refs/heads/topic"), .head,
        ])
      #expect(Set(history.changes.map(\.time)).count == 2)
      #expect(history.changes.last?.new == "bytes:7265663a20726566732f68656164732f636166e9")
    }
  }

  @Test("remora history prints that journal")
  func history() async throws {
    try await Self.withCopy { directory in
      let outcome = try await RemoraBinary.run(["history", directory.path])
      #expect(outcome.isSuccess)
      #expect(
        outcome.lines == [
          "2026-11-22T12:00:00.250Z changed HEAD ref: refs/heads/main -> bytes:7265663a20726566732f68656164732f636166e9",
          "2026-11-22T12:00:00.250Z deleted refs/heads/topic e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98 -> -",
          """
          2026-11-22T12:00:00.250Z changed refs/heads/main 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 -> \
          84a516841ba77a5b4648de2cd0dfcb30ea46dbb4
          """,
          "2026-11-22T10:00:00.000Z created HEAD - -> ref: refs/heads/main",
          "2026-11-22T10:00:00.000Z created refs/tags/v1 - -> 8efd86fb78a56a5145ed7739dcb00c78581c5375",
          "2026-11-22T10:00:00.000Z created refs/heads/caf%E9 - -> e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98",
          "2026-11-22T10:00:00.000Z created refs/heads/topic - -> e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98",
          "2026-11-22T10:00:00.000Z created refs/heads/main - -> 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
        ])
    }
  }

  @Test("a line of the dropped log is one that git takes for a reflog line, and it keeps the object alive")
  func dropped() async throws {
    try await withCommandFixture { bench in
      let line = try #require(String(data: try Self.content("dropped"), encoding: .utf8))
      let oid = try await bench.source.git.run("commit-tree", "-m", "dropped", "HEAD^{tree}").text
      let fixtureOID = String(line.dropFirst(41).prefix(40))
      try bench.directory.write(
        line.replacing(fixtureOID, with: oid), to: "served/source.git/logs/refs/remora/dropped")
      let never = ["-c", "gc.reflogExpire=never", "-c", "gc.reflogExpireUnreachable=never", "gc", "-q", "--prune=now"]
      #expect(try await bench.source.git.attempt(never).isSuccess)
      #expect(try await bench.source.git.run("cat-file", "-t", oid).text == "commit")
    }
  }
}
