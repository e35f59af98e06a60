import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Excluded refs") struct RefSemanticsExclusionTests {
  private static func source(_ harness: MirrorHarness) throws -> TestRepository {
    try harness.source { builder in
      let commits = builder.commits(3)
      builder.branch("main", at: commits[2])
      builder.branch("tmp-1", at: commits[1])
      builder.tag("v1", of: commits[0])
      for number in 1...3 {
        let pull = builder.commits(1, onto: commits[1], file: "pull", label: "pull \(number)")
        builder.ref("refs/pull/\(number)/head", at: pull[0])
      }
      builder.ref("refs/pullers", at: commits[0])
    }
  }

  @Test("rules are recorded, hold for later runs, change and end", arguments: SourceTransport.allCases)
  func life(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      let rules = ["refs/pull", "refs/heads/tmp-*"]
      let first = try harness.mirrorExactly(excluding: rules)
      #expect(first.refs.total == 3)
      #expect(try harness.copy.run("config", "--get-all", "remora.excludeRef").lines == rules)
      let pulls = try (1...3).map { try source.oid("refs/pull/\($0)/head").hex }
      for oid in pulls { #expect(try !harness.copy.attempt(["cat-file", "-e", oid]).isSuccess, "never fetched") }
      // Kept without being given again.
      #expect(try harness.mirror().status == .unchanged)
      try source.change { builder in
        builder.ref("refs/pull/4/head", at: .oid(try source.oid("main")))
        builder.branch("tmp-2", at: .oid(try source.oid("main")))
        builder.branch("kept", at: .oid(try source.oid("main")))
      }
      let later = try harness.mirror()
      #expect(later.refs.created == 1)
      try harness.expectExact(later, excluding: rules)
      // Changed: what was left out comes, what is left out now goes.
      let changed = try harness.mirrorExactly(excluding: ["refs/heads/tmp-*", "refs/tags"])
      #expect((changed.refs.created, changed.refs.deleted) == (4, 1))
      #expect(
        try harness.copy.run("config", "--get-all", "remora.excludeRef").lines == ["refs/heads/tmp-*", "refs/tags"])
      // Ended.
      let ended = try harness.mirrorExactly(excluding: [])
      #expect((ended.refs.created, ended.refs.deleted) == (3, 0))
      #expect(try !harness.copy.attempt(["config", "--get-all", "remora.excludeRef"]).isSuccess)
    }
  }

  @Test("refs that a new rule leaves out are dropped from the copy, but not lost", arguments: SourceTransport.allCases)
  func dropped(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      let outcome = try harness.mirrorExactly(excluding: ["refs/pull"])
      #expect(outcome.refs.deleted == 3)
      #expect(outcome.status == .updated)
      let pull = try source.oid("refs/pull/2/head")
      let history = try CopyHistory.read(harness.layout.root, of: "refs/pull/2/head").changes
      #expect(history.map(\.old) == [nil, pull.hex])
      try harness.copy.run("gc", "-q", "--prune=now")
      #expect(try harness.copy.run("cat-file", "-t", pull.hex).text == "commit")
    }
  }

  @Test("HEAD may name an excluded branch", arguments: SourceTransport.allCases)
  func head(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      _ = try Self.source(harness)
      let outcome = try harness.mirror(excluding: ["refs/heads/main"])
      #expect(try harness.copy.run("symbolic-ref", "HEAD").text == "refs/heads/main")
      #expect(try outcome.checksum == GitCommand().checksum(harness.copyPath))
      #expect(try harness.mirror().status == .unchanged)
      try harness.expectSound()
    }
  }
}
