import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Namespaces") struct RefSemanticsNamespaceTests {
  @Test("every namespace is copied, the odd ones too", arguments: SourceTransport.allCases)
  func namespaces(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(4)
        builder.branch("main", at: commits[3])
        builder.branch("topic/one", at: commits[1])
        builder.tag("v1", of: commits[0])
        builder.lightweightTag("light", at: commits[1])
        builder.ref("refs/notes/commits", at: builder.notes("seen", on: [commits[0], commits[1]]))
        builder.ref("refs/pull/17/head", at: commits[2])
        builder.ref("refs/pull/17/merge", at: commits[3])
        builder.ref("refs/merge-requests/3/head", at: commits[2])
        builder.ref("refs/keep-around/\(String(repeating: "a", count: 40))", at: commits[1])
        builder.ref("refs/replace/\(String(repeating: "b", count: 40))", at: commits[0])
        builder.ref("refs/x", at: commits[0])
        builder.ref("refs/stash", at: commits[0])
        builder.ref("refs/remotes/origin/main", at: commits[0])
        builder.ref("refs/remora/dropped", at: commits[1])
        builder.ref("refs/HEAD", at: commits[0])
      }
      let first = try harness.mirrorExactly()
      #expect(first.status == .cloned)
      #expect(first.refs.created == 15)
      #expect(try harness.mirrorExactly().status == .unchanged)
      // The dropped log has this name too; neither may harm the other.
      try source.change { $0.deleteRef("refs/remora/dropped") }
      #expect(try harness.mirrorExactly().refs.deleted == 1)
    }
  }
}
