import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("HEAD") struct RefSemanticsHeadTests {
  /// Returns a source with `main` and `other` a commit apart, and `twin` beside `main`.
  private static func source(_ harness: MirrorHarness) throws -> TestRepository {
    try harness.source { builder in
      let commits = builder.commits(3)
      builder.branch("main", at: commits[1])
      builder.branch("twin", at: commits[1])
      builder.branch("other", at: commits[2])
    }
  }

  @Test("HEAD follows to another branch, also to one with the same commit", arguments: SourceTransport.allCases)
  func moves(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      #expect(try harness.mirrorExactly().head.target == ReferenceName("refs/heads/main"))
      for name in ["other", "main", "twin"] {
        try source.change { $0.head = .branch(name) }
        let outcome = try harness.mirrorExactly()
        #expect(outcome.status == .updated)
        #expect(outcome.head.target == ReferenceName("refs/heads/\(name)"))
        #expect((outcome.refs.created, outcome.refs.updated, outcome.refs.deleted) == (0, 0, 0))
      }
      try source.change { builder in
        builder.ref("refs/pull/1/head", at: .oid(try source.oid("other")))
        builder.head = .symbolic("refs/pull/1/head")
      }
      // Not by `mirrorExactly`: git fsck calls such a HEAD strange, at the source too.
      #expect(try harness.mirror().head.target == ReferenceName("refs/pull/1/head"))
      #expect(try GitCommand().view(harness.copyPath) == source.view())
      #expect(try harness.mirror().status == .unchanged)
      let heads = try CopyHistory.read(harness.layout.root, of: "HEAD").changes
      #expect(
        heads.dropLast().suffix(3).map(\.new) == [
          "ref: refs/heads/other", "ref: refs/heads/main", "ref: refs/heads/twin",
        ])
    }
  }

  @Test("HEAD and its branch may change at once", arguments: SourceTransport.allCases)
  func branchAndHead(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      try source.change { builder in
        builder.deleteRef("refs/heads/main")
        builder.branch("trunk", at: .oid(try source.oid("other")))
        builder.head = .branch("trunk")
      }
      #expect(try harness.mirrorExactly().head.target == ReferenceName("refs/heads/trunk"))
    }
  }

  @Test("an alias is followed to its end", arguments: SourceTransport.allCases)
  func alias(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try source.change { builder in
        builder.symbolicRef("refs/heads/alias", to: "refs/heads/main")
        builder.symbolicRef("refs/heads/alias-of-alias", to: "refs/heads/alias")
        builder.head = .branch("alias-of-alias")
      }
      let outcome = try harness.mirror()
      #expect(outcome.head == .symbolic(target: ReferenceName("refs/heads/main"), oid: try source.oid("main")))
      #expect(try harness.copy.run("symbolic-ref", "HEAD").text == "refs/heads/main")
      #expect(try GitCommand().view(harness.copyPath) == source.view())
      #expect(try harness.mirror().status == .unchanged)
      try harness.expectSound()
    }
  }

  @Test(
    "a detached HEAD is copied, moved, kept alive when dropped, and attached again", arguments: SourceTransport.allCases
  )
  func detached(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try source.change { builder in
        let lonely = builder.commits(2, onto: .oid(try source.oid("main")), file: "lonely", label: "lonely")
        builder.head = .detached(lonely[1])
      }
      let lonely = try source.oid("HEAD")
      #expect(try harness.mirrorExactly().head == .detached(lonely))
      #expect(try harness.mirror().status == .unchanged)
      try source.change { $0.head = .detached(.oid(try source.oid("main~1"))) }
      #expect(try harness.mirrorExactly().head == .detached(try source.oid("main~1")))
      try harness.copy.run("gc", "-q", "--prune=now")
      #expect(try harness.copy.attempt(["cat-file", "-t", "\(lonely)~1"]).text == "commit")
      try source.change { $0.head = .branch("other") }
      #expect(try harness.mirrorExactly().head.target == ReferenceName("refs/heads/other"))
    }
  }

  @Test(
    "an unborn HEAD is copied where the protocol reports it, and kept where it does not",
    arguments: SourceTransport.allCases)
  func unborn(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      try source.change { $0.head = .branch("not-yet") }
      let outcome = try harness.mirrorExactly()
      #expect(outcome.headIsUnknown == !transport.tellsUnbornHead)
      let wanted = transport.tellsUnbornHead ? "refs/heads/not-yet" : "refs/heads/main"
      #expect(try harness.copy.run("symbolic-ref", "HEAD").text == wanted)
      #expect(try harness.mirror().status == .unchanged)
      try source.change { $0.branch("not-yet", at: .oid(try source.oid("main"))) }
      #expect(try harness.mirrorExactly().head.target == ReferenceName("refs/heads/not-yet"))
    }
  }

  @Test("HEAD of a deleted branch stays where it pointed", arguments: SourceTransport.allCases)
  func branchDeleted(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      try source.change { $0.deleteRef("refs/heads/main") }
      try harness.mirrorExactly()
      #expect(try harness.copy.run("symbolic-ref", "HEAD").text == "refs/heads/main")
      #expect(try harness.copy.attempt(["rev-parse", "-q", "--verify", "HEAD"]).isSuccess == false)
    }
  }

  @Test("symbolic refs below refs/ are copied by value, dangling ones are none", arguments: SourceTransport.allCases)
  func symbolic(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try source.change { builder in
        builder.symbolicRef("refs/remotes/origin/HEAD", to: "refs/heads/main")
        builder.symbolicRef("refs/heads/alias", to: "refs/remotes/origin/HEAD")
        builder.symbolicRef("refs/heads/dangling", to: "refs/heads/nowhere")
      }
      let outcome = try harness.mirrorExactly()
      #expect(outcome.refs.total == 5)
      try source.change { $0.branch("main", at: .oid(try source.oid("other"))) }
      #expect(try harness.mirrorExactly().refs.updated == 3)
    }
  }
}
