import Foundation
import GitTransport
import GitValues
import Synchronization
import TestSupport
import Testing
import WorkerPool

@Suite("Fetching from a repository on this machine")
struct LocalFetchTests {
  /// Indexes a pack with git.
  private func index(_ pack: CollectedPack, in directory: TemporaryDirectory, name: String) throws {
    try GitCommand().run("init", "-q", "--bare", "--template=", directory.path(name))
    try GitCommand(in: directory.path(name)).run("index-pack", "--stdin", "--strict", input: pack.bytes)
  }

  @Test("brings everything that the tips reach", arguments: [true, false])
  func whole(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commits = builder.commits(50)
      builder.branch("main", at: commits[49])
      builder.tag("v1", of: commits[10])
      let repository = try builder.build(at: directory.path("source"))
      var local = LocalConversations(repository.path)
      local.asksForVersion2 = asksForVersion2
      let expected = try await repository.git.run("rev-list", "--objects", "--all").lines.count
      try await local.connected { conversation in
        let wants = try conversation.view().refs.map(\.oid)
        let pack = try conversation.pack(wants: wants + wants)
        #expect(pack.objectCount == expected)
        #expect(conversation.receivedPackBytes == pack.bytes.count)
        try index(pack, in: directory, name: "copy")
      }
    }
  }

  @Test("serves two downloads of one conversation", arguments: [true, false])
  func twice(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commits = builder.commits(20)
      builder.branch("main", at: commits[19])
      let repository = try builder.build(at: directory.path("source"))
      let (tip, old) = (repository.oid(commits[19]), repository.oid(commits[9]))
      var local = LocalConversations(repository.path)
      local.asksForVersion2 = asksForVersion2
      try await local.connected { conversation in
        let first = try conversation.pack(wants: [tip], haves: [old])
        let second = try conversation.pack(wants: [tip])
        #expect(first.objectCount == 30)
        #expect(second.objectCount == 60)
      }
    }
  }

  @Test("brings no more than git needs after 400 branches were pushed with force", arguments: [true, false])
  func forcePushes(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let base = builder.commits(300)
      builder.branch("main", at: base[299])
      for number in 0..<400 {
        let commit = builder.commit(
          ["bot": "old \(number)\n"], parents: [base[number % 300]], message: "old \(number)")
        builder.branch("bot/\(number)", at: commit)
      }
      let repository = try builder.build(at: directory.path("source"))
      let haves = try repository.view().refs.map(\.oid)
      let changed = try repository.change { builder in
        let tip = builder.commit(["file": "newest\n"], parents: [.oid(repository.oid(base[299]))])
        builder.branch("main", at: tip)
        for number in 0..<400 {
          let parent = repository.oid(base[number % 300])
          builder.branch("bot/\(number)", at: builder.commit(["bot": "new \(number)\n"], parents: [.oid(parent)]))
        }
      }
      let wants = try changed.view().refs.map(\.oid)
      let question = wants.map { "\($0)\n" } + haves.map { "^\($0)\n" }
      let needed = try await changed.git.run(
        "rev-list", "--objects", "--stdin", input: Array(question.joined().utf8)
      ).lines.count
      var local = LocalConversations(repository.path)
      local.asksForVersion2 = asksForVersion2
      let received = try await local.connected { try $0.pack(wants: wants, haves: haves).objectCount }
      #expect(received <= needed)
      #expect(needed <= 1203)
    }
  }

  @Test("says which object the source does not have", arguments: [true, false])
  func missingObject(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit())
      var local = LocalConversations(try builder.build(at: directory.path("source")).path)
      local.asksForVersion2 = asksForVersion2
      let missing = try #require(ObjectID(String(repeating: "7", count: 40)))
      try await local.connected { conversation in
        let error = #expect(throws: TransportError.self) { _ = try conversation.pack(wants: [missing]) }
        #expect(error?.code == .wantedObjectMissing)
        #expect(error?.missingObject == missing)
      }
    }
  }

  @Test("names a source that has lost an object as corrupt", arguments: [true, false])
  func corrupt(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      builder.objectStorage = .loose
      let commit = builder.commit(["lost": "content\n"])
      builder.branch("main", at: commit)
      let repository = try builder.build(at: directory.path("source"))
      let blob = try repository.oid("main:lost").hex
      #expect(unlink("\(repository.path)/objects/\(blob.prefix(2))/\(blob.dropFirst(2))") == 0)
      var local = LocalConversations(repository.path)
      local.asksForVersion2 = asksForVersion2
      let tip = repository.oid(commit)
      let error = try await local.failure { _ = try $0.pack(wants: [tip]) }
      #expect(error.code == .serverRefused)
      #expect(error.reportsCorruption)
      #expect(error.cause.contains(blob), "\(error)")
    }
  }

  @Test("stops at the limit of bytes, and by the sink's or the report's own error")
  func stops() async throws {
    struct Full: Error {}
    final class FullSink: PackSink {
      func receive(_ bytes: UnsafeRawBufferPointer) throws { throw Full() }
    }
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit(["big": .random(100_000, seed: 1)])
      builder.branch("main", at: commit)
      let repository = try builder.build(at: directory.path("source"))
      let tip = repository.oid(commit)
      var local = LocalConversations(repository.path)
      local.maximumPackBytes = 50_000
      try await local.connected { conversation in
        let error = #expect(throws: TransportError.self) { _ = try conversation.pack(wants: [tip]) }
        #expect(error?.code == .limitExceeded)
      }
      try await LocalConversations(repository.path).connected { conversation in
        conversation.packSink = FullSink()
        try conversation.negotiate(wants: [tip])
        #expect(throws: Full.self) { try conversation.downloadPack { _ in } }
        conversation.packSink = CollectedPack()
        #expect(throws: Full.self) { try conversation.downloadPack { _ in throw Full() } }
        // A conversation that failed can be asked again, on a new child.
        try conversation.downloadPack { _ in }
      }
    }
  }

  @Test("hands on what the server says meanwhile, line by line")
  func progress() async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commits = builder.commits(100)
      builder.branch("main", at: commits[99])
      let repository = try builder.build(at: directory.path("source"))
      let tip = repository.oid(commits[99])
      let text = try await LocalConversations(repository.path).connected { conversation in
        var lines: [String] = []
        conversation.serverText = { lines.append($0) }
        _ = try conversation.pack(wants: [tip])
        return lines
      }
      #expect(text.contains { $0.hasPrefix("Enumerating objects: 300, done") })
      #expect(text.allSatisfy { !$0.contains("\r") && !$0.isEmpty })
    }
  }
}
