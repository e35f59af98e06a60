import AgentAPI
import Foundation
import TestSupport
import Testing

/// One pair over HTTP: promotion with and without force, and the old primary as a secondary.
@Suite(.serialized) struct PromotionProcessTests {
  private static let ids = ["group/project", "group/other"]

  private static func withFixture(
    _ body: (AgentPairFixture, AgentPairClient, _ primary: ChildProcess, _ secondary: ChildProcess) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory("promotion") { directory in
      let fixture = try AgentPairFixture(directory)
      for id in ids {
        var builder = RepositoryBuilder()
        builder.ref("refs/heads/main", at: builder.commit(["a": "of \(id)"]))
        _ = try builder.build(at: fixture.source(id))
      }
      let (primary, secondary) = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: ids.count)
        try await pair.until("every copy is checked") {
          try await pair.status(of: \.secondary).kinds.allSatisfy { $0.unchecked == 0 }
        }
        try await body(fixture, pair, primary, secondary)
      }
    }
  }

  private static func promote(_ arguments: [String], _ fixture: AgentPairFixture) async throws -> ProcessOutcome {
    try await fixture.remora(["promote"] + arguments, at: fixture.secondaryConfiguration)
  }

  private static func untilPrimary(_ pair: AgentPairClient) async throws {
    try await pair.until("the secondary is a primary") { try await pair.status(of: \.secondary).role == .primary }
  }

  /// Pushes to the new primary's repository, and announces it to its agent.
  private static func push(_ text: String, to id: String, _ fixture: AgentPairFixture) async throws {
    try TestRepository(existing: fixture.copy(id)).change {
      $0.ref("refs/heads/\(text)", at: $0.commit(["b": "\(text)"]))
    }
    let told = try await fixture.remora(
      ["event", "push", "project_repository", id], at: fixture.secondaryConfiguration)
    #expect(told.isSuccess, "\(told.errorText)")
  }

  @Test func `a healthy pair changes places, and the old primary comes back as a secondary with its extra commit kept`()
    async throws
  {
    try await Self.withFixture { fixture, pair, primary, secondary in
      let dry = try await Self.promote(["--dry-run"], fixture)
      #expect(dry.isSuccess && dry.text.contains("nothing would be lost"), "\(dry.text)\(dry.errorText)")
      #expect(try await pair.status(of: \.secondary).role == .secondary)
      let done = try await Self.promote([], fixture)
      #expect(done.isSuccess && done.text.contains("epoch 1"), "\(done.text)\(done.errorText)")
      try await Self.untilPrimary(pair)
      // The old one refuses, and says why; also after a restart.
      primary.kill()
      _ = try await primary.outcome()
      let again = try fixture.startPrimary()
      let refused = try await fixture.remora(
        ["event", "push", "project_repository", Self.ids[0]], at: fixture.primaryConfiguration)
      #expect(!refused.isSuccess && refused.errorText.contains("replaced by 'berlin'"), "\(refused.errorText)")
      #expect(try await pair.status(of: \.primary).problems.contains { $0.contains("replaced by 'berlin'") })
      try await Self.push("new", to: Self.ids[0], fixture)
      // A client still pushed to the old host.
      try TestRepository(existing: fixture.source(Self.ids[0])).change {
        $0.ref("refs/heads/main", at: $0.commit(["a": "extra"], parents: []))
      }
      let extra = try GitCommand().refs(fixture.source(Self.ids[0]))["refs/heads/main"] ?? ""
      again.send(signal: SIGTERM)
      _ = try await again.outcome()
      try fixture.directory.write(
        """
        site: { name: main, role: secondary }
        state: "\(fixture.primaryState)"
        listen: 127.0.0.1:\(fixture.port)
        primary: { url: "http://127.0.0.1:\(fixture.secondaryPort)", secret_file: "\(fixture.directory.path("site.secret"))" }
        consistency: { interval: 1s }
        replicables:
          project_repository: { strategy: repository, root: "\(fixture.directory.path("sources"))" }
          release_asset: { strategy: blob, root: "\(fixture.directory.path("assets"))", mutable: true }

        """, to: "primary.yaml")
      let back = try fixture.startPrimary()
      try await pair.until("the old primary follows") {
        try await pair.status(of: \.primary).kinds.allSatisfy { kind in
          kind.states["synced", default: 0] == kind.count
            && kind.verificationStates["succeeded", default: 0] == kind.count
        } && Self.ids.allSatisfy { try GitCommand().view(fixture.source($0)) == GitCommand().view(fixture.copy($0)) }
      }
      let history = try await BuiltProgram.remora(["history", fixture.source(Self.ids[0]), "refs/heads/main"]).outcome()
      #expect(history.text.contains(extra.prefix(7)), "\(history.text)")
      #expect(try await GitCommand().run("-C", fixture.source(Self.ids[0]), "cat-file", "-e", extra).isSuccess)
      back.send(signal: SIGTERM)
      let log = try await back.outcome().errorText
      #expect(log.contains("commits_kept") && log.contains(extra) && log.contains("a commit"), "\(log)")
      let last = try fixture.startPrimary()
      // And a push to the new primary arrives at the old one.
      try await Self.push("later", to: Self.ids[1], fixture)
      try await pair.until("the push arrives at the old primary") {
        try GitCommand().view(fixture.source(Self.ids[1])) == GitCommand().view(fixture.copy(Self.ids[1]))
      }
      withExtendedLifetime((last, secondary)) {}
    }
  }

  @Test func `with something that would be lost it takes force, and both are told`() async throws {
    try await Self.withFixture { fixture, pair, primary, secondary in
      // Something that no copy can be made of.
      let broken = fixture.source("group/broken")
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
      _ = try builder.build(at: broken)
      try FileManager.default.removeItem(atPath: "\(broken)/objects")
      try FileManager.default.createDirectory(atPath: "\(broken)/objects", withIntermediateDirectories: false)
      try await pair.until("the copy fails") { try await pair.entry("group/broken")?.state == .failed }
      let refused = try await Self.promote([], fixture)
      #expect(refused.status == 1 && refused.text.contains("are not synced"), "\(refused.text)\(refused.errorText)")
      #expect(refused.text.contains("group/broken") && refused.text.contains("was not promoted"))
      // Nothing has changed: the primary takes events in.
      try await fixture.push(Self.ids[0])
      let forced = try await Self.promote(["--force", "--json"], fixture)
      #expect(forced.isSuccess, "\(forced.text)\(forced.errorText)")
      let row = try AgentJSON.decode(PromotionRow.self, from: Array(forced.text.utf8))
      #expect(row.isPromoted && row.isFormerFenced && row.epoch == 1 && !row.problems.isEmpty)
      try await Self.untilPrimary(pair)
      withExtendedLifetime((primary, secondary)) {}
    }
  }

  @Test func `a dead primary needs force, and is fenced when it wakes up`() async throws {
    try await Self.withFixture { fixture, pair, primary, secondary in
      primary.kill()
      _ = try await primary.outcome()
      let refused = try await Self.promote([], fixture)
      #expect(refused.status == 1 && refused.text.contains("the last event seen is"), "\(refused.text)")
      let forced = try await Self.promote(["--force"], fixture)
      #expect(forced.isSuccess && forced.text.contains("fenced as soon as it answers"), "\(forced.text)")
      try await Self.untilPrimary(pair)
      try await Self.push("new", to: Self.ids[0], fixture)
      // A crash of the new one changes nothing.
      secondary.kill()
      _ = try await secondary.outcome()
      let again = try fixture.startSecondary()
      try await Self.untilPrimary(pair)
      let woken = try fixture.startPrimary()
      try await pair.until("the old primary hears of it") {
        try await pair.status(of: \.primary).fencedBy == "berlin"
      }
      try await pair.until("the new primary knows that it has") {
        try await pair.status(of: \.secondary).problems.allSatisfy { !$0.contains("former primary") }
      }
      let refusal = try await fixture.remora(
        ["event", "push", "project_repository", Self.ids[0]], at: fixture.primaryConfiguration)
      #expect(!refusal.isSuccess && refusal.errorText.contains("replaced by 'berlin'"), "\(refusal.errorText)")
      withExtendedLifetime((again, woken)) {}
    }
  }
}
