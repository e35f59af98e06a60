import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// How an agent starts, reloads its configuration, and ends.
@Suite(.serialized) struct LifeTests {
  private static func fleet(_ count: Int, _ fixture: AgentPairFixture) throws {
    var builder = RepositoryBuilder()
    var last = builder.commit(["a": "one"])
    for number in 0..<20 { last = builder.commit(["a": FileContent("\(number)")], parents: [last]) }
    builder.ref("refs/heads/main", at: last)
    let template = fixture.directory.path("template.git")
    _ = try builder.build(at: template)
    for number in 0..<count { try FileManager.default.copyItem(atPath: template, toPath: fixture.source("r\(number)")) }
  }

  @Test func `told to end, it ends soon and leaves nothing half done`() async throws {
    try await withTemporaryDirectory("end") { directory in
      let fixture = try AgentPairFixture(directory)
      try Self.fleet(60, fixture)
      let primary = try fixture.startPrimary()
      var secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        var interrupted = 0
        for _ in 0..<5 {
          // In the middle of syncs, and the primary in the middle of a long poll.
          try await pair.until("a sync runs") {
            let status = try await pair.status(of: \.secondary)
            if !status.jobs.isEmpty { interrupted += 1 }
            return !status.jobs.isEmpty || status.kinds.first?.verificationStates["succeeded"] == 60
          }
          secondary.send(signal: SIGTERM)
          #expect(try await secondary.outcome(within: .seconds(60)).isSuccess)
          let left = try TemporaryDirectory.files(below: directory.path("copies"))
            .filter { $0.contains("remora/staging/") || $0.hasSuffix(".lock") || $0.contains("tmp_") }
          #expect(left.isEmpty, "\(left)")
          secondary = try fixture.startSecondary()
        }
        #expect(interrupted > 0, "no signal came in the middle of a job")
        try await pair.untilSettled(count: 60)
      }
      primary.send(signal: SIGTERM)
      #expect(try await primary.outcome(within: .seconds(60)).isSuccess)
      withExtendedLifetime(secondary) {}
    }
  }

  @Test func `a second one on the same state, or on a taken port, says so and ends`() async throws {
    try await withTemporaryDirectory("second") { directory in
      let fixture = try AgentPairFixture(directory)
      try Self.fleet(1, fixture)
      let primary = try fixture.startPrimary()
      let configuration = try String(contentsOfFile: fixture.primaryConfiguration, encoding: .utf8)
      try directory.write(
        configuration.replacing("127.0.0.1:\(fixture.port)", with: "127.0.0.1:0"), to: "same-state.yaml")
      let sameState = try await BuiltProgram.remora(["agent", "--config", directory.path("same-state.yaml")]).outcome()
      #expect(sameState.status == 1 && sameState.errorText.contains("\(primary.processID)"), "\(sameState.errorText)")
      try directory.write(
        configuration.replacing(fixture.primaryState, with: directory.path("other")), to: "same-port.yaml")
      let samePort = try await BuiltProgram.remora(["agent", "--config", directory.path("same-port.yaml")]).outcome()
      #expect(samePort.status == 1 && samePort.errorText.contains("127.0.0.1:\(fixture.port)"), "\(samePort.errorText)")
      try await fixture.asking { pair in
        let status = try await pair.status(of: \.primary)
        #expect(status.isHealthy, "the first one goes on")
      }
      withExtendedLifetime(primary) {}
    }
  }

  @Test func `a changed configuration is taken where it can be, and named where it cannot`() async throws {
    try await withTemporaryDirectory("reload") { directory in
      let fixture = try AgentPairFixture(directory)
      try Self.fleet(1, fixture)
      let primary = try fixture.startPrimary()
      func status(_ token: String) async throws -> ProcessOutcome {
        try directory.write(token + "\n", to: "asked.token")
        return try await BuiltProgram.remora([
          "status", "--url", "http://127.0.0.1:\(fixture.port)", "--token-file", directory.path("asked.token"),
        ]).outcome()
      }
      let (old, new) = (try fixture.secret("reader"), String(repeating: "9", count: 64))
      #expect(try await status(old).isSuccess)
      try directory.write(new + "\n", to: "reader.secret")
      #expect(chmod(directory.path("reader.secret"), 0o600) == 0)
      let configuration = try String(contentsOfFile: fixture.primaryConfiguration, encoding: .utf8)
      try directory.write(
        configuration.replacing("scan: { interval: 2s }", with: "scan: { interval: 3s }"), to: "primary.yaml")
      primary.send(signal: SIGHUP)
      #expect(primary.waitUntil(printed: "scan.interval"), "what needs a restart is named: \(primary.errorsSoFar)")
      #expect(try await status(new).isSuccess)
      #expect(try await status(old).status == 1)
      try directory.write("site: { name: main, role: primary }\nsurprise: 1\n", to: "primary.yaml")
      primary.send(signal: SIGHUP)
      #expect(primary.waitUntil(printed: "surprise"), "a broken file is told: \(primary.errorsSoFar)")
      #expect(try await status(new).isSuccess, "and changes nothing")
      primary.send(signal: SIGTERM)
      #expect(try await primary.outcome().isSuccess)
    }
  }

  @Test
  func `a kind that is added to the file and reloaded is everywhere, and one that cannot be opened changes nothing`()
    async throws
  {
    try await withTemporaryDirectory("kinds") { directory in
      let fixture = try AgentPairFixture(directory)
      try Self.fleet(2, fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      for name in ["wikis", "copied-wikis"] {
        try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: true)
      }
      try FileManager.default.copyItem(atPath: fixture.source("r0"), toPath: directory.path("wikis/w0.git"))
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 2)
        for (file, root) in [(fixture.primaryConfiguration, "wikis"), (fixture.secondaryConfiguration, "copied-wikis")]
        {
          let text = try String(contentsOfFile: file, encoding: .utf8)
          let kind = "replicables:\n  wiki: { strategy: repository, root: \"\(directory.path(root))\" }\n"
          try text.replacing("replicables:\n", with: kind).write(toFile: file, atomically: true, encoding: .utf8)
        }
        agents.0.send(signal: SIGHUP)
        agents.1.send(signal: SIGHUP)
        try await pair.until("the new kind is copied and verified") {
          try await pair.entry("w0", of: "wiki")?.verificationState == .succeeded
        }
        let nodes = String(decoding: try await pair.secondary.bytes(AgentRoute.nodeStatus).body, as: UTF8.self)
        #expect(nodes.contains("\"wikis_synced_count\":1"))
        #expect(try await pair.metric("geo_wikis_synced{", of: \.secondary) == 1)
        #expect(try await pair.status(of: \.primary).kinds.map(\.name).contains("wiki"))
        let schema = String(decoding: try await pair.secondary.bytes("/graphql/schema").body, as: UTF8.self)
        #expect(schema.contains("wikiRegistries(") && schema.contains("WIKI_REGISTRY"))
        let http = BoundedHTTPClient()
        var request = HTTPRequest(.get, "http://127.0.0.1:\(fixture.port)/")
        request.headers.add("Authorization", "Bearer \(try fixture.secret("reader"))")
        let page = try await http.exchange(request) { try await $0.prefix(1 << 20) }
        #expect(String(decoding: page, as: UTF8.self).contains("<a href=\"/kinds/wiki\">wikis</a>"))
        await http.shutdown()
        // The file says what is right; the disk no longer has it when the site is opened.
        let state = "\(fixture.secondaryState)/registries"
        let broken = "\(state)/doc_registry.json"
        try "no registry\n".write(toFile: broken, atomically: true, encoding: .utf8)
        let text = try String(contentsOfFile: fixture.secondaryConfiguration, encoding: .utf8)
        try FileManager.default.createDirectory(atPath: directory.path("docs"), withIntermediateDirectories: true)
        try text.replacing(
          "replicables:\n", with: "replicables:\n  doc: { strategy: repository, root: \"\(directory.path("docs"))\" }\n"
        ).write(toFile: fixture.secondaryConfiguration, atomically: true, encoding: .utf8)
        agents.1.send(signal: SIGHUP)
        #expect(agents.1.waitUntil(printed: "it goes on as it was"), "\(agents.1.errorsSoFar)")
        try await pair.until("the others are served on") {
          try await pair.status(of: \.secondary).kinds.map(\.name).contains("wiki")
        }
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `agents trust an authority of their own, and nobody without it`() async throws {
    try await withTemporaryDirectory("tls") { directory in
      try TestAuthority.shared.get().write(.valid, into: directory)
      #expect(chmod(directory.path("server.key"), 0o600) == 0)
      var settings = AgentPairFixture.Settings()
      settings.primary +=
        "\ntls: { certificate_file: \"\(directory.path("server.pem"))\", key_file: \"\(directory.path("server.key"))\" }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      try Self.fleet(3, fixture)
      let primary = try fixture.startPrimary()
      let configuration = try String(contentsOfFile: fixture.secondaryConfiguration, encoding: .utf8)
        .replacing("http://127.0.0.1:\(fixture.port)", with: "https://127.0.0.1:\(fixture.port)")
      try directory.write(configuration, to: "secondary.yaml")
      let stranger = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.until("the status says why") {
          let status = try await pair.status(of: \.secondary)
          return status.primary?.isReachable == false && status.problems.contains { $0.contains("certificate") }
        }
      }
      stranger.send(signal: SIGTERM)
      #expect(try await stranger.outcome().isSuccess)
      try directory.write(
        configuration + "\ntls: { ca_file: \"\(directory.path("ca.pem"))\" }\n", to: "secondary.yaml")
      let secondary = try fixture.startSecondary()
      try await fixture.asking { try await $0.untilSettled(count: 3) }
      for number in 0..<3 {
        let views = (
          try GitCommand().view(fixture.copy("r\(number)")), try GitCommand().view(fixture.source("r\(number)"))
        )
        #expect(views.0 == views.1)
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }

  private static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: promtool != nil, "promtool (Debian's prometheus) is not installed"))
  func `promtool has nothing to say about the metrics of either role`() async throws {
    try await withTemporaryDirectory("promtool") { directory in
      let fixture = try AgentPairFixture(directory)
      try Self.fleet(3, fixture)
      try directory.write("some bytes", to: "assets/file")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 3)
        for client in [pair.primary, pair.secondary] {
          let metrics = try await client.bytes(AgentRoute.metrics).body
          #expect(metrics.count > 1_000)
          let check = try await ChildProcess(
            try #require(Self.promtool), ["check", "metrics"], input: .bytes(metrics)
          ).outcome()
          #expect(check.isSuccess && check.text.isEmpty && check.errorText.isEmpty, "\(check.text)\(check.errorText)")
        }
      }
      withExtendedLifetime(agents) {}
    }
  }
}
