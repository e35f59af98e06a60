import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Tags and what they lead to") struct RefSemanticsTagTests {
  @Test(
    "annotated tags, tags of tags, of trees and of blobs peel as the source says", arguments: SourceTransport.allCases)
  func kinds(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(2)
        let blob = builder.blob(Array("a key\n".utf8))
        builder.branch("main", at: commits[1])
        let inner = builder.tag("v1", of: commits[0])
        let middle = builder.tag("signed/v1", of: inner)
        builder.tag("twice/signed/v1", of: middle)
        builder.tag("tree", of: builder.tree(of: commits[0]))
        builder.tag("key", of: blob)
        builder.ref("refs/keys/plain", at: blob)
        builder.ref("refs/trees/plain", at: builder.tree(of: commits[1]))
        builder.branch("tagged", at: commits[0])
        builder.ref("refs/odd/tag", at: middle)
      }
      try harness.mirrorExactly()
      #expect(try harness.mirror().status == .unchanged)
      #expect(try harness.copy.run("cat-file", "blob", "refs/tags/key^{}").text == "a key")
      #expect(try harness.copy.run("rev-parse", "refs/tags/twice/signed/v1^{}").text == source.oid("v1^{}").hex)
    }
  }

  @Test(
    "a tag that moves, changes its kind or leaves its object to a branch keeps true peeled values",
    arguments: SourceTransport.allCases)
  func moves(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(3)
        builder.branch("main", at: commits[2])
        builder.tag("moves", of: commits[0])
        builder.tag("to-light", of: commits[0])
        builder.lightweightTag("to-annotated", at: commits[0])
        builder.tag("gone", of: commits[1])
      }
      try harness.mirrorExactly()
      let (first, gone) = (try source.oid("main~2"), try source.oid("refs/tags/gone"))
      try source.change { builder in
        builder.tag("moves", of: .oid(try source.oid("main")), message: "Again")
        builder.lightweightTag("to-light", at: .oid(first))
        builder.tag("to-annotated", of: .oid(first))
        builder.deleteRef("refs/tags/gone")
        builder.ref("refs/archive/gone", at: .oid(gone))
      }
      let outcome = try harness.mirrorExactly()
      #expect((outcome.refs.created, outcome.refs.updated, outcome.refs.deleted) == (1, 3, 1))
    }
  }
}
