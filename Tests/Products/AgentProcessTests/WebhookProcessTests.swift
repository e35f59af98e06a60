import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// Deliveries of forges at a running agent: a primary that scans once an hour, so that what arrives was announced.
@Suite(.serialized) struct WebhookProcessTests {
  private static let secret = String(repeating: "5ecret", count: 8)

  private struct Delivery {
    var forge: String
    var fixture: String
    var event: String
    /// `right`, `wrong` or `missing`.
    var signature = "right"
    var kind = "project_repository"
  }

  private static func headers(_ delivery: Delivery, _ body: String) throws -> [(String, String)] {
    let secret = delivery.signature == "wrong" ? String(secret.reversed()) : secret
    let signing = try ChildProcess("/usr/bin/openssl", ["dgst", "-sha256", "-hmac", secret, "-r", body])
    let signature = String(try signing.outcome().text.prefix(64))
    let (event, proof) =
      switch delivery.forge {
      case "github": (("X-GitHub-Event", delivery.event), ("X-Hub-Signature-256", "sha256=\(signature)"))
      case "gitlab": (("X-Gitlab-Event", delivery.event), ("X-Gitlab-Token", secret))
      default: (("X-Gitea-Event", delivery.event), ("X-Gitea-Signature", signature))
      }
    return [event, ("Content-Type", "application/json")] + (delivery.signature == "missing" ? [] : [proof])
  }

  /// - Returns: status and body.
  private static func post(
    _ delivery: Delivery, to fixture: AgentPairFixture, _ http: BoundedHTTPClient
  ) async throws -> (status: Int, text: String) {
    let body = Fixtures.url("webhooks/\(delivery.fixture).json").path
    var request = HTTPRequest(.post, "http://127.0.0.1:\(fixture.port)/webhooks/\(delivery.kind)")
    for (name, value) in try headers(delivery, body) { request.headers.add(name, value) }
    request.body = [UInt8](try Data(contentsOf: URL(fileURLWithPath: body)))
    return try await http.exchange(request) { answer in
      (answer.status, String(decoding: try await answer.prefix(10_000), as: UTF8.self))
    }
  }

  private static func withFixture(
    _ body: (AgentPairFixture, AgentPairClient, BoundedHTTPClient) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory("webhooks") { directory in
      let path = try directory.write(secret + "\n", to: "webhook.secret")
      #expect(chmod(path, 0o600) == 0)
      var settings = AgentPairFixture.Settings()
      settings.primary = "scan: { interval: 1h, full_interval: 1h }"
      settings.primaryKind = "webhook: { id: \"{full_name}\", secret_file: \"\(path)\" }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      for id in ["group/project", "other/project"] {
        var builder = RepositoryBuilder()
        builder.ref("refs/heads/main", at: builder.commit(["a": "of \(id)"]))
        _ = try builder.build(at: fixture.source(id))
      }
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      let http = BoundedHTTPClient()
      do {
        try await fixture.asking { pair in
          try await pair.untilSettled(count: 2)
          try await body(fixture, pair, http)
        }
      } catch {
        await http.shutdown()
        throw error
      }
      await http.shutdown()
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a delivery of each forge makes a push arrive, rightly signed, and does nothing otherwise`() async throws {
    let pushes = [("github", "push"), ("gitlab", "Push Hook"), ("gitea", "push")]
    let deletes = [("github-delete", "delete"), ("gitlab-push-deleted", "Push Hook"), ("gitea-delete", "delete")]
    try await Self.withFixture { pairFixture, pair, http in
      let source = TestRepository(existing: pairFixture.source("group/project"))
      for ((forge, event), (deletion, deletionEvent)) in zip(pushes, deletes) {
        let before = try await pair.status(of: \.primary).lastEventId
        try source.change { $0.ref("refs/heads/\(forge)", at: $0.commit(["b": "by \(forge)"])) }
        for signature in ["wrong", "missing"] {
          for (name, event) in [("\(forge)-push", event), (deletion, deletionEvent)] {
            let delivery = Delivery(forge: forge, fixture: name, event: event, signature: signature)
            let answer = try await Self.post(delivery, to: pairFixture, http)
            #expect(answer.status == 401 && answer.text.contains("bad_signature"), "\(forge) \(signature) \(answer)")
            #expect(!answer.text.contains(Self.secret))
          }
        }
        #expect(try await pair.status(of: \.primary).lastEventId == before)
        let push = Delivery(forge: forge, fixture: "\(forge)-push", event: event)
        for _ in 0..<3 {
          // Again and again, as forges do that got no answer: a sync more, and nothing else.
          let answer = try await Self.post(push, to: pairFixture, http)
          #expect(answer.status == 202 && answer.text.contains("\"events\":1"), "\(forge) \(answer)")
        }
        try await pair.until("the push that \(forge) told of arrives") {
          try pairFixture.isCopyEqual("group/project")
        }
        try source.change { $0.deleteRef("refs/heads/\(forge)") }
        let deleted = Delivery(forge: forge, fixture: deletion, event: deletionEvent)
        #expect(try await Self.post(deleted, to: pairFixture, http).status == 202)
        try await pair.until("the deletion that \(forge) told of arrives") {
          try pairFixture.isCopyEqual("group/project")
        }
      }
      #expect(try await pair.metric("remora_webhooks_total", of: \.primary) >= 12)
    }
  }

  @Test func `a delivery that says that a repository is gone destroys nothing that is there`() async throws {
    try await Self.withFixture { pairFixture, pair, http in
      let gone = [
        ("github", "github-repository-deleted", "repository"), ("gitlab", "gitlab-project-destroy", "System Hook"),
        ("gitea", "gitea-repository-deleted", "repository"),
      ]
      for (forge, name, event) in gone {
        let answer = try await Self.post(Delivery(forge: forge, fixture: name, event: event), to: pairFixture, http)
        #expect(answer.status == 202, "\(answer)")
      }
      try await pair.untilSettled(count: 2)
      #expect(access(pairFixture.copy("group/project"), F_OK) == 0)
      // And when it is: at once, without a scan.
      try FileManager.default.removeItem(atPath: pairFixture.source("group/project"))
      let (forge, name, event) = gone[0]
      #expect(
        try await Self.post(Delivery(forge: forge, fixture: name, event: event), to: pairFixture, http).status == 202)
      try await pair.until("the copy goes") { access(pairFixture.copy("group/project"), F_OK) != 0 }
    }
  }

  @Test func `a renamed repository moves, and a name that is nobody's is counted`() async throws {
    try await Self.withFixture { pairFixture, pair, http in
      let renamed = Delivery(forge: "gitlab", fixture: "gitlab-project-rename", event: "System Hook")
      let early = try await Self.post(renamed, to: pairFixture, http)
      #expect(early.status == 202 && early.text.contains("\"unmapped\":[\"group/renamed\"]"), "\(early)")
      try FileManager.default.moveItem(
        atPath: pairFixture.source("group/project"), toPath: pairFixture.source("group/renamed"))
      #expect(try await Self.post(renamed, to: pairFixture, http).text.contains("\"events\":2"))
      try await pair.until("the copy is renamed") {
        access(pairFixture.copy("group/renamed"), F_OK) == 0 && access(pairFixture.copy("group/project"), F_OK) != 0
      }
      let stranger = Delivery(forge: "github", fixture: "github-push", event: "push")
      let answer = try await Self.post(stranger, to: pairFixture, http)
      #expect(answer.status == 202 && answer.text.contains("\"events\":0"), "\(answer)")
      #expect(try await pair.metric("remora_webhooks_total{forge=\"github\",result=\"unmapped\"", of: \.primary) == 1)
      var other = stranger
      other.kind = "release_asset"
      #expect(try await Self.post(other, to: pairFixture, http).status == 404)
    }
  }
}
