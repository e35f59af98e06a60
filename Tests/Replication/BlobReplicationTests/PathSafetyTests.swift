import BlobReplication
import DurableFiles
import Foundation
import Glibc
import Replication
import SystemPackage
import TestSupport
import Testing

@Suite("Paths below a root of files")
struct PathSafetyTests {
  private let fixture: BlobFixture
  private let content = BlobFixture.content(10)

  init() throws { fixture = try BlobFixture() }

  private func request(_ id: String) throws -> SyncRequest {
    SyncRequest(id: try ReplicableID(id), source: try fixture.source(content), expected: BlobFixture.checksum(content))
  }

  private func link(_ id: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: fixture.path(id), withDestinationPath: target)
  }

  @Test("a link on the way is refused by every call", arguments: ["dir/file", "dir/sub/file"])
  func linkedParent(text: String) async throws {
    try fixture.directory.write(bytes: [1, 2], to: "outside/file")
    try fixture.directory.write(bytes: [1, 2], to: "outside/sub/file")
    try link("dir", to: fixture.directory.path("outside"))
    try fixture.put([3], at: "other")
    let strategy = fixture.strategy()
    let id = try ReplicableID(text)
    let other = try ReplicableID("other")
    let calls: [() async throws -> Void] = [
      { _ = try await strategy.sync(try request(text)) }, { _ = try await strategy.listing(of: id) },
      { _ = try await strategy.presence(of: id) }, { try await strategy.rename(other, to: id) },
    ]
    for call in calls {
      let error = try await strategyError(call)
      #expect(error.code == .occupied, "\(error)")
    }
    #expect(try await strategy.discard(id, entry: nil, at: BlobFixture.now) == nil)
    #expect(try await strategyError { try await strategy.rename(id, to: ReplicableID("new")) }.code == .missing)
    #expect(try TemporaryDirectory.files(below: fixture.directory.path("outside")) == ["file", "sub/file"])
    #expect(try fixture.bytes("other") == [3])
    let catalog = try await strategy.catalog()
    #expect(catalog.rows.map(\.id.text) == ["other"] && catalog.skipped.map(\.path) == ["dir"] && catalog.isComplete)
  }

  @Test("what stands in a file's place is not replaced", arguments: ["link", "directory", "fifo"])
  func occupied(what: String) async throws {
    try fixture.directory.write(bytes: [1, 2], to: "outside")
    switch what {
    case "link": try link("file", to: fixture.directory.path("outside"))
    case "directory": try fixture.put([4], at: "file/inner")
    default: #expect(mkfifo(fixture.path("file"), 0o600) == 0)
    }
    let strategy = fixture.strategy()
    let id = try ReplicableID("file")
    let error = try await strategyError { _ = try await strategy.sync(try request("file")) }
    #expect(error.code == .occupied && error.disposition == .replicable)
    #expect(try await strategy.presence(of: id) == (what == "directory" ? .absent : .unfinished))
    #expect(try await strategy.discard(id, entry: nil, at: BlobFixture.now) == nil)
    let reading = try await strategyError { _ = try await strategy.listing(of: id) }
    #expect(reading.code == (what == "directory" ? .missing : .occupied))
    #expect(FileManager.default.contents(atPath: fixture.directory.path("outside")) == Data([1, 2]))
    #expect(try await strategy.trash() == [])
  }

  @Test("an empty directory is replaced by a file of its name") func emptyDirectory() async throws {
    try FileManager.default.createDirectory(atPath: fixture.path("file"), withIntermediateDirectories: false)
    #expect(try await fixture.strategy().sync(try request("file")).hasChanged)
  }

  @Test("a file on the way blocks what lies below its name") func fileOnTheWay() async throws {
    try fixture.put([1], at: "a")
    let strategy = fixture.strategy()
    #expect(try await strategyError { _ = try await strategy.sync(try request("a/b")) }.code == .occupied)
    #expect(try await strategy.presence(of: ReplicableID("a/b")) == .absent)
    #expect(try fixture.bytes("a") == [1])
  }

  @Test("a planted link in a part's place is not written through", arguments: [".part", ".resume"])
  func plantedPart(suffix: String) async throws {
    try fixture.directory.write(bytes: [9], to: "outside")
    try link(".remora-file\(suffix)", to: fixture.directory.path("outside"))
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer(answers.answer)
    var request = try request("file")
    request.source = SourceAddress(location: server.url("/f"))
    #expect(try await fixture.strategy().sync(request).hasChanged)
    #expect(FileManager.default.contents(atPath: fixture.directory.path("outside")) == Data([9]))
    #expect(try fixture.names() == ["file"])
  }

  @Test("names of all lengths have a part of their own", arguments: [1, 200, 240, 241, 251])
  func longNames(length: Int) async throws {
    let names = ["x", "y"].map { String(repeating: "ä", count: length / 2) + String(repeating: $0, count: length % 2) }
    for name in Set(names) where !name.isEmpty {
      #expect(try await fixture.strategy().sync(try request(name)).hasChanged)
      #expect(try fixture.bytes(name) == content)
    }
  }

  @Test(
    "a root that is missing, a file or a link stops the site, not the replicable",
    arguments: ["missing", "file", "link"])
  func badRoot(what: String) async throws {
    let root = FilePath(fixture.directory.path("elsewhere"))
    if what == "file" { try fixture.directory.write("x", to: "elsewhere") }
    if what == "link" {
      try FileManager.default.createSymbolicLink(atPath: root.string, withDestinationPath: fixture.root.string)
    }
    let strategy = BlobFixture.strategy(root)
    let calls: [() async throws -> Void] = [
      { _ = try await strategy.sync(try request("a")) },
      { _ = try await strategy.discard(try ReplicableID("a"), entry: nil, at: BlobFixture.now) },
      { _ = try await strategy.presence(of: try ReplicableID("a")) },
    ]
    for call in calls {
      let error = try await strategyError(call)
      #expect(error.code == .fileSystem && error.disposition == .host, "\(error)")
    }
    #expect(try await strategy.catalog().isComplete == false)
  }

  @Test("what is not there is absent only in a root that holds something, or held it before") func emptyRoot()
    async throws
  {
    let strategy = fixture.strategy()
    let id = try ReplicableID("gone")
    let here = try ReplicableID("here")
    #expect(try await strategyError { _ = try await strategy.presence(of: id) }.disposition == .host)
    try fixture.put([1], at: "here")
    #expect(try await strategy.presence(of: id) == .absent)
    guard case .present(let identity) = try await strategy.presence(of: here) else {
      Issue.record("not present")
      return
    }
    #expect(identity == (try await strategy.catalog().rows.first?.identity))
    try RealFileSystem().unlink(FilePath(fixture.path("here")))
    #expect(try await strategy.presence(of: here) == .absent, "the last one was deleted")
    #expect(try await strategyError { _ = try await fixture.strategy().presence(of: here) }.disposition == .host)
    // Another directory in its place, as where a disk was mounted.
    let root = fixture.root.string
    try FileManager.default.moveItem(atPath: root, toPath: "\(root)-before")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    #expect(try await strategyError { _ = try await strategy.presence(of: here) }.disposition == .host)
  }
}
