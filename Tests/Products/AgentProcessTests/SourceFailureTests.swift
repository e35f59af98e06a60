import AgentAPI
import Foundation
import Synchronization
import TestSupport
import Testing

/// Hosts of a list that fail, in every way: shown with their age while it lasts, without touching what lies elsewhere.
@Suite(.serialized) struct SourceFailureTests {
  private static func make(_ ids: [String], _ directory: TemporaryDirectory) throws {
    for id in ids {
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "of \(id)"]))
      _ = try builder.build(at: directory.path("sources/\(id).git"))
    }
  }

  private static func expectShown(_ word: String, _ lone: LoneSecondary) async throws {
    let status = try await lone.status()
    #expect(!status.isHealthy && status.problems.contains { $0.contains(word) }, "\(status.problems)")
    let command = try await BuiltProgram.remora(["status"], environment: ["REMORA_CONFIG": lone.configuration])
      .outcome()
    #expect(!command.isSuccess)
    #expect(command.text.contains(word), "\(command.text)")
  }

  @Test func `a host that is gone is shown by every face with its age, also after a restart`() async throws {
    try await LoneSecondary.run(
      kind: "list: \"HERE/list\"",
      prepare: { lone in
        try Self.make(["a", "b"], lone.directory)
        let lines = ["a", "b"].map { "\($0) \(lone.host.url("\($0).git"))\n" }.joined()
        try lone.directory.write(lines, to: "list")
      }
    ) { lone, agent in
      try await lone.untilVerified(["a", "b"])
      lone.host.stop()
      try await lone.until("the host is told of") { try await lone.status().failingHosts?.count == 1 }
      try await Self.expectShown("fails since", lone)
      let since = try await lone.status().failingHosts?.first?.failingSince
      #expect(try await lone.metric("remora_failing_hosts") == 1)
      #expect(try await lone.metric("remora_healthy") == 0)
      // While the one attempt that the host is due runs, that is what is explained.
      try await lone.until("it is explained") {
        try await BuiltProgram.remora(["explain", "a"], environment: ["REMORA_CONFIG": lone.configuration]).outcome()
          .text.contains("rests since")
      }
      // No entry is touched by what is the host's.
      #expect(try await lone.status().kinds.first?.states["failed"] ?? 0 == 0)
      try await Task.sleep(for: .seconds(3))
      agent.kill()
      _ = try await agent.outcome()
      let second = try lone.start()
      #expect(try await lone.status().failingHosts?.first?.failingSince == since, "a restart forgets nothing")
      return second
    }
  }

  @Test func `a listed repository that is gone fails alone, and is found again when it is back`() async throws {
    try await LoneSecondary.run(
      kind: "list: \"HERE/list\"",
      prepare: { lone in
        try Self.make(["a", "b", "c"], lone.directory)
        let lines = ["a", "b", "c"].map { "\($0) \(lone.host.url("\($0).git"))\n" }.joined()
        try lone.directory.write(lines, to: "list")
      }
    ) { lone, agent in
      try await lone.untilVerified(["a", "b", "c"])
      let (there, away) = (lone.source("b"), lone.directory.path("away"))
      try FileManager.default.moveItem(atPath: there, toPath: away)
      try await lone.until("it fails") {
        let status = try await lone.status()
        return status.kinds.first?.states["failed"] == 1 && status.kinds.first?.failingPolls == 1
      }
      try await Self.expectShown("cannot be asked for changes", lone)
      #expect(try await lone.status().failingHosts == [])
      #expect(try await lone.status().kinds.first?.missingOnPrimary == 1)
      #expect(access(lone.copy("b"), F_OK) == 0, "what its host does not have any more stays here")
      try FileManager.default.moveItem(atPath: away, toPath: there)
      try await lone.untilVerified(["a", "b", "c"])
      try await lone.until("nothing needs a person") { try await lone.status().isHealthy }
      return agent
    }
  }

  /// Answers as git's smart HTTP for an empty repository, until another answer is set.
  private final class Script: Sendable {
    private let refusal = Mutex<ScriptedAnswer?>(nil)
    private let paths = Mutex<[String]>([])

    func refuse(_ answer: ScriptedAnswer?) { refusal.withLock { $0 = answer } }

    /// Returns the requests since the last call.
    func takePaths() -> [String] {
      paths.withLock { paths in
        defer { paths = [] }
        return paths
      }
    }

    func answer(_ request: ReceivedRequest) -> ScriptedAnswer {
      paths.withLock { $0.append(request.path) }
      let empty = GitAnswers.repository(refs: ["unborn HEAD symref-target:refs/heads/main"], pack: [])
      return refusal.withLock { $0 } ?? empty(request)
    }
  }

  @Test func `Retry-After stops polls and syncs of its host alone, for as long as it says and across a restart`()
    async throws
  {
    let (script, other) = (Script(), Script())
    let (server, quiet) = (try ScriptedHTTPServer(script.answer), try ScriptedHTTPServer(other.answer))
    defer {
      server.stop()
      quiet.stop()
    }
    try await LoneSecondary.run(
      kind: "list: \"HERE/list\"",
      prepare: { lone in
        let lines = ["a", "b", "c"].map { "\($0) \(server.url("/\($0).git"))\n" }.joined()
        try lone.directory.write(lines + "other \(quiet.url("/other.git"))\n", to: "list")
      }
    ) { lone, agent in
      try await lone.until("all synced") {
        try await lone.status().kinds.first?.verificationStates["succeeded"] == 4
      }
      script.refuse(ScriptedAnswer(429, headers: [("Retry-After", "3600")]))
      try await lone.until("the host is told of") { try await lone.status().failingHosts?.count == 1 }
      _ = (script.takePaths(), other.takePaths())
      let push = try await BuiltProgram.remora(
        ["event", "push", "project_repository", "a"], environment: ["REMORA_CONFIG": lone.configuration]
      ).outcome()
      #expect(push.isSuccess)
      try await Task.sleep(for: .seconds(5))
      #expect(script.takePaths().isEmpty, "it asked to be left alone")
      #expect(!other.takePaths().isEmpty, "the other host asked for nothing")
      #expect(try await lone.status().kinds.first?.states["failed"] ?? 0 == 0)
      try await Self.expectShown("fails since", lone)
      agent.kill()
      _ = try await agent.outcome()
      _ = script.takePaths()
      let second = try lone.start()
      try await Task.sleep(for: .seconds(3))
      #expect(script.takePaths().isEmpty, "a restart is no reason to ask")
      return second
    }
  }

  @Test func `a host of clone_url that is gone is found without a push, and its repositories alone wait`() async throws
  {
    try await withTemporaryDirectory("clone") { directory in
      try FileManager.default.createDirectory(
        atPath: directory.path("sources"), withIntermediateDirectories: true)
      let host = try GitHTTPServer(root: directory.path("sources"))
      defer { host.stop() }
      var settings = AgentPairFixture.Settings()
      settings.cloneURL = "\(host.base)/{id}.git"
      settings.secondary = "consistency: { interval: 1s }\npoll: { min_interval: 1s }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      try fixture.makeSources("a", "b")
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 2)
        host.stop()
        try await pair.until("the host is told of") { try await pair.status(of: \.secondary).failingHosts?.count == 1 }
        let status = try await pair.status(of: \.secondary)
        #expect(!status.isHealthy && status.problems.contains { $0.contains("fails since") })
        #expect(status.primary?.isReachable == true && status.primary?.pausedBy == nil)
        #expect(status.kinds.allSatisfy { $0.states["failed"] ?? 0 == 0 })
        // What the primary itself serves goes on.
        try Data("new".utf8).write(to: URL(fileURLWithPath: directory.path("assets/new")))
        try await pair.until("a file of the primary arrives") {
          FileManager.default.fileExists(atPath: directory.path("copied-assets/new"))
        }
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }

  @Test func `repositories that hang hold up no other of their host`() async throws {
    let script = Script()
    // Eight of twelve never answer.
    let server = try ScriptedHTTPServer { request in
      request.path.contains("/hang") ? ScriptedAnswer(200, parts: [.stall], framing: .raw) : script.answer(request)
    }
    defer { server.stop() }
    let (hanging, live) = ((0..<8).map { "hang\($0)" }, (0..<4).map { "live\($0)" })
    try await LoneSecondary.run(
      kind: "list: \"HERE/list\"",
      settings: "poll: { min_interval: 1s, per_minute: 6000 }\nlimits: { silence: 30s }",
      prepare: { lone in
        let lines = (hanging + live).map { "\($0) \(server.url("/\($0).git"))\n" }.joined()
        try lone.directory.write(lines, to: "list")
      }
    ) { lone, agent in
      try await lone.until("those that answer are verified, before one silence is over", within: .seconds(28)) {
        try await lone.status().kinds.first?.verificationStates["succeeded"] == live.count
      }
      // And they are still asked for changes.
      _ = script.takePaths()
      try await lone.until("all that answer are asked", within: .seconds(20)) {
        let asked = Set(script.takePaths().compactMap { $0.split(separator: "/").first.map { String($0) } })
        return asked.count >= 2
      }
      try await lone.until("the others are told of", within: .seconds(120)) {
        let status = try await lone.status()
        return !status.isHealthy && status.kinds.first?.states["failed"] ?? 0 > 0
      }
      return agent
    }
  }
}
