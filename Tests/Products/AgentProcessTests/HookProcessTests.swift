import AgentAPI
import Foundation
import TestSupport
import Testing

/// Hooks as git and other users run them: a push never fails because of one, and is never missed.
@Suite(.serialized) struct HookProcessTests {
  private static func repository(at path: String) throws -> TestRepository {
    var builder = RepositoryBuilder()
    let first = builder.commit(["a": "one"])
    builder.ref("refs/heads/main", at: builder.commit(["a": "two"], parents: [first]))
    builder.ref("refs/heads/old", at: first)
    return try builder.build(at: path)
  }

  /// A rig without a scan: what arrives was announced by a hook.
  private static func quietFixture(_ directory: TemporaryDirectory, scan: String = "1h", more: String = "") throws
    -> AgentPairFixture
  {
    var settings = AgentPairFixture.Settings()
    settings.primary = "scan: { interval: \(scan) }\n\(more)"
    return try AgentPairFixture(directory, settings: settings)
  }

  private static func arrives(_ id: String, _ fixture: AgentPairFixture, _ pair: AgentPairClient) async throws {
    try await pair.until("\(id) is as its source is") {
      try fixture.isCopyEqual(id)
    }
    try await pair.untilVerified(id)
  }

  @Test func `a push is told by its hook, spooled while no agent runs, and never failed`() async throws {
    try await withTemporaryDirectory("hook") { directory in
      let fixture = try Self.quietFixture(directory)
      _ = try Self.repository(at: fixture.source("project"))
      _ = try Self.repository(at: directory.path("work.git"))
      let work = GitCommand(in: directory.path("work.git"))
      let installed = try await fixture.remora(
        ["hook", "install", fixture.source("project")], at: fixture.primaryConfiguration)
      #expect(installed.isSuccess, "\(installed.errorText)")
      var primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        try await work.run("push", "-q", fixture.source("project"), "main:refs/heads/told")
        try await Self.arrives("project", fixture, pair)
        primary.send(signal: SIGTERM)
        #expect(try await primary.outcome().isSuccess)
        let push = try await work.attempt(["push", fixture.source("project"), "main:refs/heads/spooled"])
        #expect(push.isSuccess && !push.errorText.contains("remora:"), "\(push.errorText)")
        let spool = "\(fixture.primaryState)/spool"
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).count { $0.hasSuffix(".json") } == 1)
        primary = try fixture.startPrimary()
        try await Self.arrives("project", fixture, pair)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).count { $0.hasSuffix(".json") } == 0)
        // Neither an agent nor a spool.
        primary.send(signal: SIGTERM)
        #expect(try await primary.outcome().isSuccess)
        try FileManager.default.removeItem(atPath: spool)
        try directory.write("", to: "primary/spool")
        let untold = try await work.attempt(["push", fixture.source("project"), "main:refs/heads/untold"])
        #expect(untold.isSuccess)
        let lines = untold.errorText.split(separator: "\n").filter { $0.contains("remora:") }
        #expect(lines.count == 1 && lines[0].contains("the push is safe"), "\(untold.errorText)")
        #expect(try await GitCommand(in: fixture.source("project")).run("rev-parse", "untold").isSuccess)
        try FileManager.default.removeItem(atPath: spool)
        // The first scan of an agent that starts finds what no hook could announce.
        primary = try fixture.startPrimary()
        try await Self.arrives("project", fixture, pair)
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }

  /// A group that every Debian has, and that no test runs as.
  private static let group = (name: "games", id: "60")

  @Test(
    .enabled(if: geteuid() == 0, "only root can run a hook as somebody else"),
    arguments: [true, false])
  func `a hook that another user runs needs the hook group`(isInGroup: Bool) async throws {
    try await withTemporaryDirectory("other") { directory in
      let fixture = try Self.quietFixture(
        directory, scan: isInGroup ? "1h" : "2s", more: isInGroup ? "hook_group: \(Self.group.name)" : "")
      let source = try Self.repository(at: fixture.source("project"))
      _ = try await fixture.remora(["hook", "install", fixture.source("project")], at: fixture.primaryConfiguration)
      // A host lets its users reach its repositories and the agent's socket.
      for path in [directory.path, fixture.primaryState, directory.path("sources")] {
        #expect(chmod(path, 0o755) == 0 || errno == ENOENT)
      }
      var primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      func hook() async throws -> ProcessOutcome {
        let zero = String(repeating: "0", count: 40)
        return try await ChildProcess(
          "setpriv",
          ["--reuid=65534", "--regid=65534"] + (isInGroup ? ["--groups=\(Self.group.id)"] : ["--clear-groups"])
            // gitolite's umask, under which no one else could read what it spools.
            + ["sh", "-c", "umask 077; exec \"$0\"", fixture.source("project") + "/hooks/post-receive"],
          directory: fixture.source("project"),
          input: .bytes(Array("\(zero) \(try source.oid("refs/heads/main")) refs/heads/topic\n".utf8))
        ).outcome()
      }
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        try source.change { $0.ref("refs/heads/topic", at: $0.commit(["b": "one"])) }
        let told = try await hook()
        #expect(told.isSuccess)
        #expect(told.errorText.contains("remora: the push is safe") != isInGroup, "\(told.errorText)")
        // Announced, or found by the scan.
        try await Self.arrives("project", fixture, pair)
        primary.send(signal: SIGTERM)
        #expect(try await primary.outcome().isSuccess)
        try source.change { $0.ref("refs/heads/later", at: $0.commit(["b": "two"])) }
        let spooled = try await hook()
        #expect(spooled.isSuccess)
        #expect(spooled.errorText.isEmpty == isInGroup, "\(spooled.errorText)")
        primary = try fixture.startPrimary()
        try await Self.arrives("project", fixture, pair)
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }

  @Test func `what lies in the spool and cannot be taken is a problem in status until it can`() async throws {
    try await withTemporaryDirectory("stuck") { directory in
      let fixture = try Self.quietFixture(directory)
      _ = try Self.repository(at: fixture.source("project"))
      let primary = try fixture.startPrimary()
      try await fixture.asking { pair in
        // No event, and no place to set it aside.
        try FileManager.default.removeItem(atPath: "\(fixture.primaryState)/spool/bad")
        try directory.write("", to: "primary/spool/bad")
        try directory.write("{}", to: "primary/spool/000000000000001-0000000000000001.json")
        try await pair.until("it is shown") {
          let status = try await pair.status(of: \.primary)
          return !status.isHealthy && status.problems.contains { $0.contains("1 events lie in the spool") }
        }
        #expect(primary.waitUntil(printed: "1 files of the spool cannot be taken"))
        // The others are still taken.
        try await fixture.push("project")
        try FileManager.default.removeItem(atPath: "\(fixture.primaryState)/spool/bad")
        try FileManager.default.createDirectory(
          atPath: "\(fixture.primaryState)/spool/bad", withIntermediateDirectories: false)
        try await pair.until("it is set aside") {
          try await pair.status(of: \.primary).problems.contains { $0.contains("are no events") }
        }
        #expect(try await !pair.status(of: \.primary).problems.contains { $0.contains("lie in the spool") })
        #expect(
          primary.errorsSoFar.split(separator: "\n").filter { $0.contains("cannot be taken") }.count == 1, "said once")
      }
      withExtendedLifetime(primary) {}
    }
  }

  @Test func `all hooks of a root are installed at once, each for the kind of its repository`() async throws {
    try await withTemporaryDirectory("global") { directory in
      let fixture = try AgentPairFixture(directory)
      for name in ["group/app", "group/app.wiki", "lib"] { _ = try Self.repository(at: fixture.source(name)) }
      let configuration = try String(contentsOfFile: fixture.primaryConfiguration, encoding: .utf8)
        .replacing(
          "replicables:",
          with: """
            replicables:
              wiki: { strategy: repository, root: "\(directory.path("sources"))", include: ["**/*.wiki.git"] }
            """)
      try directory.write(configuration, to: "primary.yaml")
      let installed = try await fixture.remora(
        ["hook", "install", "--global", directory.path("sources"), "--json"], at: fixture.primaryConfiguration)
      #expect(installed.isSuccess && installed.lines.count == 3, "\(installed.text) \(installed.errorText)")
      let told = ["group/app": "project_repository", "group/app.wiki": "wiki", "lib": "project_repository"]
      for (name, kind) in told {
        let hook = try String(contentsOfFile: fixture.source(name) + "/hooks/post-receive", encoding: .utf8)
        #expect(hook.contains("\nname='\(kind)'\n"), "\(name)")
      }
      let status = try await fixture.remora(
        ["hook", "status", fixture.source("lib")], at: fixture.primaryConfiguration)
      #expect(
        status.status == 1 && status.text.contains("installed"), "the hook is there, the agent's spool is not yet")
    }
  }
}
