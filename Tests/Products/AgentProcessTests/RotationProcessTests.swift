import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// Secrets and certificates are exchanged while both agents run, in any order, and replication goes on.
@Suite(.serialized) struct RotationProcessTests {
  /// Returns a pair whose sites have a file of the secret each.
  private static func rig(_ directory: TemporaryDirectory, _ settings: AgentPairFixture.Settings = .init()) throws
    -> AgentPairFixture
  {
    let fixture = try AgentPairFixture(directory, settings: settings)
    try directory.write(try fixture.secret("site") + "\n", to: "other.secret")
    #expect(chmod(directory.path("other.secret"), 0o600) == 0)
    let text = try String(contentsOfFile: fixture.secondaryConfiguration, encoding: .utf8)
    try text.replacing("site.secret", with: "other.secret")
      .write(toFile: fixture.secondaryConfiguration, atomically: true, encoding: .utf8)
    return fixture
  }

  private static func write(_ text: String, _ names: String..., in directory: TemporaryDirectory) throws {
    for name in names {
      try directory.write(text + "\n", to: name)
      #expect(chmod(directory.path(name), 0o600) == 0)
    }
  }

  private static func reload(_ agent: ChildProcess, _ pair: AgentPairClient) async throws {
    let count = { agent.errorsSoFar.split(separator: "\n").filter { $0.contains("reload: ") }.count }
    let before = count()
    agent.send(signal: SIGHUP)
    try await pair.until("reloaded") { count() > before }
  }

  @Test(arguments: ["both at once", "the primary first", "the secondary first"])
  func `a new secret of a site takes over without a pause`(order: String) async throws {
    try await withTemporaryDirectory("rotation") { directory in
      let fixture = try Self.rig(directory)
      try fixture.makeSources("r0")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        // Twice: what was new is old then.
        for (turn, secret) in [String(repeating: "N", count: 48), String(repeating: "M", count: 48)].enumerated() {
          try Self.write(secret, "site.secret", "other.secret", in: directory)
          if order != "the secondary first" { try await Self.reload(agents.0, pair) }
          if order != "both at once" {
            if order == "the secondary first" { try await Self.reload(agents.1, pair) }
            // Only one of the two has it: both go on.
            try fixture.makeSources("half-\(turn)")
            try await fixture.push("half-\(turn)")
            try await pair.untilVerified("half-\(turn)")
          }
          if order == "the secondary first" {
            try await Self.reload(agents.0, pair)
          } else {
            try await Self.reload(agents.1, pair)
          }
          try fixture.makeSources("r\(turn + 1)")
          try await fixture.push("r\(turn + 1)")
          try await pair.untilVerified("r\(turn + 1)")
        }
        #expect(try await pair.status(of: \.secondary).isHealthy)
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a secret that is broken changes nothing, and is named`() async throws {
    try await withTemporaryDirectory("broken") { directory in
      let fixture = try Self.rig(directory)
      try fixture.makeSources("one")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        try directory.write("short", to: "other.secret")
        try await Self.reload(agents.1, pair)
        #expect(agents.1.errorsSoFar.contains("other.secret"))
        try fixture.makeSources("two")
        try await fixture.push("two")
        try await pair.untilVerified("two")
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a certificate is exchanged for the connections that follow, and a broken one is not taken`() async throws
  {
    try await withTemporaryDirectory("certificate") { directory in
      let authority = try TestAuthority.shared.get()
      try authority.write(.expired, into: directory)
      #expect(chmod(directory.path("server.key"), 0o600) == 0)
      var settings = AgentPairFixture.Settings()
      settings.primary +=
        "\ntls: { certificate_file: \"\(directory.path("server.pem"))\", key_file: \"\(directory.path("server.key"))\" }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      let primary = try fixture.startPrimary()
      func ask() async -> String {
        let http = BoundedHTTPClient(configuration: .init(caFile: directory.path("ca.pem")))
        defer { Task { await http.shutdown() } }
        do {
          return try await http.exchange(HTTPRequest(.get, "https://127.0.0.1:\(fixture.port)/healthz")) {
            "\($0.status)"
          }
        } catch {
          return "\(error)"
        }
      }
      #expect(await ask().contains("expired"))
      try await fixture.asking { pair in
        try authority.write(.valid, into: directory)
        try await Self.reload(primary, pair)
        #expect(await ask() == "200")
        try directory.write("no certificate", to: "server.pem")
        try await Self.reload(primary, pair)
        #expect(
          primary.errorsSoFar.contains("server.pem': it does not exist, cannot be read or holds no PEM certificate"))
        #expect(primary.errorsSoFar.contains("nothing was changed"))
        #expect(await ask() == "200")
      }
      withExtendedLifetime(primary) {}
    }
  }

  @Test func `a webhook's old secret ends with the reload`() async throws {
    try await withTemporaryDirectory("webhook") { directory in
      try Self.write(String(repeating: "w", count: 40), "hook.secret", in: directory)
      var settings = AgentPairFixture.Settings()
      settings.primaryKind = "webhook: { id: \"{name}\", secret_file: \"\(directory.path("hook.secret"))\" }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      try fixture.makeSources("y")
      let primary = try fixture.startPrimary()
      let http = BoundedHTTPClient()
      func deliver(_ secret: String) async throws -> Int {
        var request = HTTPRequest(.post, "http://127.0.0.1:\(fixture.port)/webhooks/project_repository")
        for (name, value) in [
          ("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", secret), ("Content-Type", "application/json"),
        ] { request.headers.add(name, value) }
        request.body = Array(
          #"{"object_kind":"push","project":{"path_with_namespace":"x/y"},"ref":"refs/heads/main"}"#.utf8)
        return try await http.exchange(request) { $0.status }
      }
      let (old, new) = (String(repeating: "w", count: 40), String(repeating: "v", count: 40))
      #expect(try await deliver(old) == 202)
      #expect(try await deliver(new) == 401)
      try Self.write(new, "hook.secret", in: directory)
      try await fixture.asking { try await Self.reload(primary, $0) }
      #expect(try await deliver(new) == 202)
      #expect(try await deliver(old) == 401)
      await http.shutdown()
      withExtendedLifetime(primary) {}
    }
  }
}
