import Foundation
import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Runs that write nothing") struct RefSemanticsIdleTests {
  private static func source(_ harness: MirrorHarness) throws -> TestRepository {
    try harness.source { builder in
      let commits = builder.commits(4)
      builder.branch("main", at: commits[3])
      builder.branch("side", at: commits[1])
      builder.tag("v1", of: commits[0])
    }
  }

  @Test("a run that finds nothing new writes nothing", arguments: SourceTransport.allCases)
  func unchanged(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      try source.change { $0.deleteRef("refs/heads/side") }
      try harness.mirrorExactly()
      let before = try TreeSnapshot(of: harness.directory.path("copies"), ignoring: "copy.git/remora/lock")
      for _ in 1...2 {
        let outcome = try harness.mirror()
        #expect(outcome.status == .unchanged)
        #expect(outcome.refs.total == 2)
        #expect((outcome.objects, outcome.bytes) == (0, 0))
        #expect(try outcome.checksum == GitCommand().checksum(harness.copyPath))
      }
      #expect(try TreeSnapshot(of: harness.directory.path("copies"), ignoring: "copy.git/remora/lock") == before)
    }
  }

  @Test("a dry run reports what a run does, and writes nothing", arguments: SourceTransport.allCases)
  func dryRun(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      let nothing = try TreeSnapshot(of: harness.directory.path("copies"))
      let planned = try harness.attempt(isDryRun: true)
      #expect(planned.status == .cloned)
      #expect(planned.refs.created == 3)
      #expect(try TreeSnapshot(of: harness.directory.path("copies")) == nothing)
      #expect(try harness.mirrorExactly().refs == planned.refs)

      let idle = try TreeSnapshot(of: harness.directory.path("copies"))
      #expect(try harness.attempt(isDryRun: true).status == .unchanged)
      #expect(try TreeSnapshot(of: harness.directory.path("copies")) == idle)

      try source.change { builder in
        let commits = builder.commits(2, onto: .oid(try source.oid("main")))
        builder.branch("main", at: commits[1])
        builder.branch("new", at: commits[0])
        builder.deleteRef("refs/heads/side")
      }
      try harness.plant("\(try source.oid("refs/tags/v1"))\n", at: "refs/tags/stray")
      let before = try TreeSnapshot(of: harness.directory.path("copies"))
      let update = try harness.attempt(isDryRun: true)
      #expect(update.status == .updated)
      #expect((update.refs.created, update.refs.updated, update.refs.deleted) == (1, 1, 2))
      #expect(try TreeSnapshot(of: harness.directory.path("copies")) == before)
      #expect(try harness.mirrorExactly().refs == update.refs)
    }
  }

  @Test("a dry run of a take-over writes nothing either")
  func dryTakeover() async throws {
    try await MirrorHarness.run { harness in
      _ = try Self.source(harness)
      try GitCommand().run("clone", "-q", "--mirror", harness.sourcePath, harness.copyPath)
      let before = try TreeSnapshot(of: harness.directory.path("copies"))
      #expect(try harness.attempt(isDryRun: true).error == nil)
      #expect(try TreeSnapshot(of: harness.directory.path("copies")) == before)
    }
  }

  @Test("the saved state does not hide a foreign write that kept a ref file's size")
  func sameSize() async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      let packed = "\(harness.copyPath)/packed-refs"
      let text = try String(contentsOfFile: packed, encoding: .utf8)
      let (main, older) = (try source.oid("main").hex, try source.oid("main~2").hex)
      try harness.plant(text.replacing(main, with: older), at: "packed-refs")
      #expect(try harness.mirrorExactly().refs.updated == 1)
    }
  }
}
