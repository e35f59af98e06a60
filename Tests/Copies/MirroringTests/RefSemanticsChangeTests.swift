import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Changes of refs") struct RefSemanticsChangeTests {
  @Test("force-pushes, rewinds and deletions are followed and remembered", arguments: SourceTransport.allCases)
  func rewrites(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(5)
        for name in ["main", "forced", "rewound", "deleted"] { builder.branch(name, at: commits[4]) }
        let own = builder.commits(2, onto: commits[1], file: "own", label: "only here")
        builder.branch("lonely", at: own[1])
      }
      try harness.mirrorExactly()
      let lonely = try source.oid("lonely")
      try source.change { builder in
        let rewritten = builder.commits(2, onto: .oid(try source.oid("main~3")), label: "rewritten")
        builder.branch("forced", at: rewritten[1])
        builder.branch("rewound", at: .oid(try source.oid("main~3")))
        builder.deleteRef("refs/heads/deleted")
        builder.deleteRef("refs/heads/lonely")
      }
      let outcome = try harness.mirrorExactly()
      #expect(outcome.status == .updated)
      #expect((outcome.refs.created, outcome.refs.updated, outcome.refs.deleted) == (0, 2, 2))
      #expect(outcome.refs.total == 3)
      let history = try CopyHistory.read(harness.layout.root, of: "lonely").changes
      #expect(history.map(\.old) == [nil, lonely.hex])
      try harness.copy.run("gc", "-q", "--prune=now")
      #expect(try harness.copy.run("cat-file", "-t", "\(lonely)~1").text == "commit")
    }
  }

  /// Where the refs of the copy lie when the change comes.
  enum Storage: CaseIterable { case packed, loose }

  @Test(
    "a ref may become a directory of refs, and back", arguments: SourceTransport.allCases, Storage.allCases)
  func directories(transport: SourceTransport, storage: Storage) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(3)
        builder.branch("main", at: commits[2])
        builder.branch("a", at: commits[0])
        builder.branch("x/y/z", at: commits[1])
      }
      try harness.mirrorExactly()
      if storage == .loose { try harness.unpackRefs() }
      let tip = BuiltObject.oid(try source.oid("main"))
      try source.change { builder in
        builder.deleteRef("refs/heads/a")
        builder.branch("a/b", at: tip)
        builder.branch("a/c/d", at: tip)
        builder.deleteRef("refs/heads/x/y/z")
        builder.branch("x/y", at: tip)
      }
      let there = try harness.mirrorExactly()
      #expect((there.refs.created, there.refs.deleted) == (3, 2))
      if storage == .loose { try harness.unpackRefs() }
      try source.change { builder in
        builder.deleteRef("refs/heads/a/b")
        builder.deleteRef("refs/heads/a/c/d")
        builder.branch("a", at: tip)
        builder.deleteRef("refs/heads/x/y")
        builder.branch("x", at: tip)
      }
      let back = try harness.mirrorExactly()
      #expect((back.refs.created, back.refs.deleted) == (2, 3))
    }
  }

  @Test("names that differ in case only are two refs", arguments: SourceTransport.allCases)
  func letterCase(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(2)
        builder.branch("main", at: commits[1])
        builder.branch("Feature", at: commits[0])
      }
      try harness.mirrorExactly()
      try source.change { builder in
        builder.deleteRef("refs/heads/Feature")
        builder.branch("feature", at: .oid(try source.oid("main~1")))
      }
      let renamed = try harness.mirrorExactly()
      #expect((renamed.refs.created, renamed.refs.deleted) == (1, 1))
      try source.change { builder in builder.branch("FEATURE", at: .oid(try source.oid("main"))) }
      try harness.mirrorExactly()
    }
  }

  @Test("a source that is empty, fills, empties and fills again", arguments: SourceTransport.allCases)
  func emptiness(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { _ in }
      let empty = try harness.mirrorExactly()
      #expect(empty.status == .cloned)
      #expect(empty.refs.total == 0)
      #expect(empty.headIsUnknown == !transport.tellsUnbornHead)
      #expect(try harness.mirror().status == .unchanged)
      let filled = try source.change { builder in
        let commits = builder.commits(3)
        builder.branch("main", at: commits[2])
        builder.tag("v1", of: commits[0])
      }
      #expect(try harness.mirrorExactly().refs.created == 2)
      let (main, tag) = (try filled.oid("main"), try filled.oid("refs/tags/v1"))
      try source.change { builder in
        builder.deleteRef("refs/heads/main")
        builder.deleteRef("refs/tags/v1")
      }
      let emptied = try harness.mirrorExactly()
      #expect(emptied.refs.deleted == 2)
      #expect(emptied.warnings.map(\.code) == ["mass_ref_deletion"])
      // Nothing that was dropped may be lost, whatever an operator does.
      try harness.copy.run("gc", "-q", "--prune=now")
      #expect(try harness.copy.run("cat-file", "-t", tag.hex).text == "tag")
      try source.change { builder in
        builder.branch("main", at: .oid(main))
        builder.ref("refs/tags/v1", at: .oid(tag))
      }
      let again = try harness.mirrorExactly()
      #expect(again.refs.created == 2)
      #expect(again.warnings == [])
    }
  }

  @Test("more than half of more than 20 refs going is warned of, half of them is not")
  func massDeletion() async throws {
    try await MirrorHarness.run { harness in
      let source = try harness.source { builder in
        let commit = builder.commit(["file": "x"])
        builder.branch("main", at: commit)
        for number in 1...43 { builder.branch("b\(number)", at: commit) }
      }
      try harness.mirrorExactly()
      try source.change { builder in for number in 1...22 { builder.deleteRef("refs/heads/b\(number)") } }
      #expect(try harness.mirrorExactly().warnings == [])
      try source.change { builder in for number in 23...34 { builder.deleteRef("refs/heads/b\(number)") } }
      #expect(try harness.mirrorExactly().warnings.map(\.code) == ["mass_ref_deletion"])
    }
  }
}
