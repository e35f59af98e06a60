import Foundation
import GitTransport
import Mirroring
import Replication
import RepositoryReplication
import TestSupport
import Testing
import WorkerPool

@Suite("Lists of repositories without an agent")
struct RepositoryListTests {
  private func address() throws -> AddressTemplate { try AddressTemplate("https://git.example.org/{id}.git") }

  @Test("a list names an id and a URL a line")
  func list() throws {
    let text = """
      # ours
      group/app https://git.example.org/group/app.git

      tools\tssh://git@git.example.org/srv/tools.git\r
      alone
      bad//id https://git.example.org/b.git
      strange ftp://git.example.org/c.git
      group/app https://git.example.org/other.git
      three words here
      """
    let roster = RepositoryList(list: Array(text.utf8))
    #expect(roster.entries.keys.map(\.text).sorted() == ["group/app", "tools"])
    #expect(roster.entries[try ReplicableID("group/app")]?.location == "https://git.example.org/group/app.git")
    #expect(roster.entries[try ReplicableID("tools")]?.location == "ssh://git@git.example.org/srv/tools.git")
    #expect(roster.entries.values.allSatisfy { $0.fingerprint == nil })
    #expect(roster.skipped.map(\.path) == ["line 5", "line 6", "line 7", "line 8", "line 9"])
  }

  @Test(
    "a list may come from another system, and a word that is no address is no repository",
    arguments: [
      "\u{FEFF}a https://h.example/a.git\r\nb /srv/b.git\r\n", "a https://h.example/a.git\r\n\r\nb /srv/b.git",
      "# x\r\na https://h.example/a.git\nb /srv/b.git\r\n",
    ])
  func lineEnds(text: String) {
    let roster = RepositoryList(list: Array(text.utf8))
    #expect(roster.entries.keys.map(\.text).sorted() == ["a", "b"])
    #expect(roster.skipped.isEmpty)
    let conflict = RepositoryList(list: Array("<<<<<<< HEAD\ng nonsense\n=======\n>>>>>>> x\n".utf8))
    #expect(conflict.entries.isEmpty && conflict.skipped.count == 4)
    let wide = RepositoryList(list: [0xFF, 0xFE] + "a /srv/a.git\n".utf8.flatMap { [$0, 0] })
    #expect(wide.entries.isEmpty && wide.skipped.count == 1)
  }

  @Test("no control character of a list or manifest reaches what is shown of it")
  func controls() throws {
    for value in Array(0x00..<0x20) + Array(0x7f...0x9f) as [UInt32] {
      let control = try #require(Unicode.Scalar(value))
      let list = RepositoryList(list: Array("g https:\(control)x\nh ./\(control)[2J\n".utf8))
      #expect(!list.skipped.isEmpty)
      let path = value < 0x20 ? "\\u00\(value < 16 ? "0" : "")\(String(value, radix: 16))" : "\(control)"
      let manifest = try RepositoryList(manifest: Array("{\"/a\(path)b\":{}}".utf8), address: address())
      #expect(manifest.skipped.count == 1)
      for skipped in list.skipped + manifest.skipped {
        let shown = "\(skipped.path)\(skipped.reason)".unicodeScalars
        #expect(!shown.contains { $0.properties.generalCategory == .control }, "\(value): \(skipped)")
      }
    }
  }

  @Test(
    "two words are no repository: the second is a URL or an absolute path",
    arguments: [
      "g nonsense", "<<<<<<< HEAD", "a ./b", "a ../b", "a b/c", "a .git", "a :b", "======= x", ">>>>>>> theirs",
    ])
  func words(line: String) {
    let roster = RepositoryList(list: Array("\(line)\n".utf8))
    #expect(roster.entries.isEmpty && roster.skipped.count == 1, "\(roster)")
  }

  @Test(
    "every form of an address is taken",
    arguments: [
      "https://h/a.git", "http://h:81/a", "ssh://git@h/a", "git@h:a/b.git", "h:a.git", "git://h/a", "file:///srv/a.git",
      "/srv/a.git",
    ])
  func addresses(location: String) {
    #expect(RepositoryList(list: Array("a \(location)\n".utf8)).entries.count == 1)
  }

  @Test("what a list holds reaches no terminal raw")
  func harmless() {
    let roster = RepositoryList(list: Array("a\u{1b}[2J/b nonsense://\u{7}x\n".utf8))
    #expect(roster.entries.isEmpty && roster.skipped.count == 1)
    #expect(roster.skipped.allSatisfy { !"\($0.path)\($0.reason)".unicodeScalars.contains { $0.value < 0x20 } })
  }

  @Test("a manifest's paths are ids, and its fingerprint and HEAD reveal changes")
  func manifest() throws {
    let text = """
      {"/group/app.git": {"fingerprint": "aa", "head": "ref: refs/heads/main", "modified": 1},
       "/plain": {"fingerprint": null}, "/../up.git": {"fingerprint": "bb"}, "/list.git": []}
      """
    let roster = try RepositoryList(manifest: Array(text.utf8), address: address())
    #expect(roster.entries.keys.map(\.text).sorted() == ["group/app", "plain"])
    let entry = try #require(roster.entries[try ReplicableID("group/app")])
    #expect(entry.location == "https://git.example.org/group/app.git")
    #expect(entry.fingerprint == "aa ref: refs/heads/main")
    #expect(roster.skipped.map(\.path) == ["/../up.git", "/list.git"])
    for text in ["", "[]", "{", "\"a\""] {
      #expect(throws: StrategyError.self) { try RepositoryList(manifest: Array(text.utf8), address: address()) }
    }
  }

  @Test("a manifest of gzip is unpacked, and a cut or a huge one is refused")
  func gzip() throws {
    let text = Array(#"{"/a.git": {"fingerprint": "aa"}}"#.utf8)
    try withTemporaryDirectory("gzip") { directory in
      let path = try directory.write(String(decoding: text, as: UTF8.self), to: "manifest.js")
      let packing = try ChildProcess("/bin/gzip", ["-k", path])
      #expect(try packing.outcome().isSuccess)
      let packed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path).gz")))
      #expect(try GzipText.unpacked(packed, limit: 1_000) == text)
      #expect(try GzipText.unpacked(text, limit: 1_000) == text)
      #expect(throws: MirrorError.self) { try GzipText.unpacked(packed, limit: 10) }
      #expect(throws: (any Error).self) { try GzipText.unpacked(Array(packed.dropLast(9)), limit: 1_000) }
      let roster = try RepositoryList(manifest: packed, unpackedLimit: 1_000, address: address())
      #expect(roster == (try RepositoryList(manifest: text, address: address())) && roster.entries.count == 1)
      #expect(throws: MirrorError.self) {
        try RepositoryList(manifest: packed, unpackedLimit: 10, address: address())
      }
    }
  }

  @Test("what a manifest leaves out stays until its host reports it gone; what a list leaves out is gone")
  func leftOut() throws {
    let (app, tools) = (try ReplicableID("app"), try ReplicableID("tools"))
    var roster = try RepositoryList(manifest: Array(#"{"/app.git": {"fingerprint": "a"}}"#.utf8), address: address())
    roster.keep([app, tools])
    #expect(roster.entries[app]?.isLeftOut == false)
    #expect(roster.entries[tools]?.isLeftOut == true)
    #expect(roster.entries[tools]?.location == "https://git.example.org/tools.git")
    roster.drop(app)
    roster.drop(tools)
    #expect(roster.entries.keys.map(\.text) == ["app"])
    var list = RepositoryList(list: Array("app https://git.example.org/app.git".utf8))
    list.keep([tools])
    #expect(list.entries.keys.map(\.text) == ["app"])
  }

  @Test("an unreadable, an empty and a partly senseless roster report nothing as gone")
  func absence() async throws {
    let workers = WorkerPool(name: "rosters", threads: 1, waitingLimit: 10)
    let listed = ListedRepositories(
      "the list", transports: Transports(configuration: TransportConfiguration(environment: [:])), run: .seconds(10),
      workers: workers)
    let (app, gone) = (try ReplicableID("app"), try ReplicableID("gone"))
    await #expect(throws: StrategyError.self) { try await listed.catalog() }
    await #expect(throws: StrategyError.self) { try await listed.presence(of: gone) }
    _ = listed.take(RepositoryList(list: Array("app https://git.example.org/app.git".utf8)))
    #expect(try await listed.catalog().isComplete)
    #expect(try await listed.presence(of: gone) == .absent)
    listed.failed("no such file")
    #expect(try await !listed.catalog().isComplete)
    await #expect(throws: StrategyError.self) { try await listed.presence(of: gone) }
    #expect(try await listed.presence(of: app) != .absent)
    listed.recovered()
    #expect(try await listed.presence(of: gone) == .absent)
    for text in ["", "app https://git.example.org/app.git\nnonsense"] {
      listed.take(RepositoryList(list: Array(text.utf8)))
      #expect(try await !listed.catalog().isComplete)
      await #expect(throws: StrategyError.self) { try await listed.presence(of: gone) }
    }
    await workers.shutdown()
  }
}
