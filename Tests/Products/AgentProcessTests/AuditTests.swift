import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// Who gave which order: one line in the log and one in the state directory, whichever way the order came.
@Suite(.serialized) struct AuditTests {
  private struct Line: Decodable {
    struct Actor: Decodable {
      var token: String?
      var site: String?
      var uid: UInt32?
      var pid: Int32?
      var address: String?
    }
    var at: String
    var order: String
    var kind: String?
    var details: [String: String]
    var actor: Actor
    var outcome: String
    var code: String?
  }

  private static func lines(_ state: String) throws -> [Line] {
    let text = try String(contentsOfFile: "\(state)/audit.jsonl", encoding: .utf8)
    return try text.split(separator: "\n").map { try AgentJSON.decode(Line.self, from: Array($0.utf8)) }
  }

  private static func ask(
    _ fixture: AgentPairFixture, _ method: HTTPRequest.Method, _ path: String, token: String? = nil,
    _ body: String = "",
    _ headers: [(String, String)] = [("Content-Type", "application/json")]
  ) async throws -> (status: Int, cookie: String?, text: String) {
    let http = BoundedHTTPClient()
    var request = HTTPRequest(method, "http://127.0.0.1:\(fixture.secondaryPort)\(path)")
    for (name, value) in headers { request.headers.add(name, value) }
    if let token { request.headers.add("Authorization", "Bearer \(token)") }
    request.body = Array(body.utf8)
    let answer = try await http.exchange(request) { answer in
      (
        answer.status, answer.headers["Set-Cookie"].map { String($0.prefix { $0 != ";" }) },
        String(decoding: try await answer.prefix(1 << 20), as: UTF8.self)
      )
    }
    await http.shutdown()
    return answer
  }

  @Test func `every order leaves its actor and outcome, by API, page, GraphQL and socket`() async throws {
    try await withTemporaryDirectory("audit") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      try fixture.makeSources("one")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        let (admin, reader) = (try fixture.secret("admin"), try fixture.secret("reader"))
        let kind = "/api/v1/kinds/project_repository"
        let form = ("Content-Type", "application/x-www-form-urlencoded")
        // As the API has them.
        #expect(
          try await Self.ask(
            fixture, .post, "/api/v1/features", token: admin,
            #"{"name": "geo_project_repository_replication", "is_enabled": false}"#
          ).status == 200)
        #expect(
          try await Self.ask(
            fixture, .post, "\(kind)/trash", token: admin, #"{"action": "empty", "older_than_seconds": 0}"#
          ).status == 200)
        #expect(try await Self.ask(fixture, .post, "\(kind)/removals", token: admin).status == 200)
        #expect(
          try await Self.ask(
            fixture, .post, "\(kind)/registry/actions", token: admin, #"{"action": "resync", "ids": ["one"]}"#
          )
          .status == 200)
        #expect(
          try await Self.ask(fixture, .post, "/api/v1/promotion", token: admin, #"{"is_dry_run": true}"#).status < 500)
        // Refused: a reader's, a stranger's, nonsense.
        #expect(try await Self.ask(fixture, .post, "\(kind)/removals", token: reader).status == 403)
        #expect(try await Self.ask(fixture, .post, "\(kind)/removals").status == 401)
        #expect(
          try await Self.ask(fixture, .get, "/api/v1/status", token: String(repeating: "0", count: 64)).status == 401)
        #expect(try await Self.ask(fixture, .get, "/api/v1/status", token: "a.b.c").status == 401)
        // As the page has them.
        #expect(
          try await Self.ask(fixture, .post, "/sign-in", "token=\(String(repeating: "1", count: 64))", [form]).status
            == 401
        )
        let signedIn = try await Self.ask(fixture, .post, "/sign-in", "token=\(admin)", [form])
        let cookie = ("Cookie", try #require(signedIn.cookie))
        let screen = try await Self.ask(fixture, .get, "/features", "", [cookie])
        let csrf = try #require(screen.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/)).output.1
        let order = "csrf=\(csrf)&name=geo_release_asset_replication&is_enabled=false"
        #expect(try await Self.ask(fixture, .post, "/features", order, [form, cookie]).status == 303)
        #expect(try await Self.ask(fixture, .post, "/sign-out", "csrf=\(csrf)", [form, cookie]).status == 303)
        // In GraphQL, in a spelling that no search finds.
        let mutation =
          #"{"query": "\u006dutation { geoRegistriesBulkUpdate(input: {registryClass: PROJECT_REPOSITORY_REGISTRY, action: RESYNC_ALL}) { errors } }"}"#
        #expect(try await Self.ask(fixture, .post, "/graphql", token: admin, mutation).text.contains("\"errors\":[]"))
        _ = try await Self.ask(fixture, .post, "/graphql", token: reader, mutation)
        // By the socket.
        let outcome = try await fixture.remora(
          ["feature", "enable", "geo_project_repository_replication"], at: fixture.secondaryConfiguration)
        #expect(outcome.isSuccess)
        // Regular queries and notifications are not audited.
        _ = try await Self.ask(fixture, .get, "/api/v1/status", token: admin)
        _ = try await Self.ask(fixture, .post, "/graphql", token: admin, #"{"query": "{ __typename }"}"#)

        let lines = try Self.lines(fixture.secondaryState)
        let seen = lines.map {
          "\($0.order) \($0.actor.token ?? $0.actor.uid.map { "uid \($0)" } ?? "-") \($0.outcome)"
        }
        #expect(
          seen.filter { !$0.hasPrefix("promotion") } == [
            "feature admin done", "trash admin done", "removals admin done", "registry admin done",
            "removals reader refused", "removals - refused", "token - refused", "token - refused", "sign-in - refused",
            "sign-in admin done", "feature admin done", "sign-out admin done",
            "graphql geoRegistriesBulkUpdate admin done",
            "graphql geoRegistriesBulkUpdate reader refused", "feature uid \(geteuid()) done",
          ], "\(seen)")
        #expect(seen.contains { $0.hasPrefix("promotion admin") })
        #expect(lines.filter { $0.actor.uid == nil }.allSatisfy { $0.actor.address == "127.0.0.1" })
        #expect(lines.last?.actor.pid ?? 0 > 0)
        #expect(
          lines[0].details == ["name": "geo_project_repository_replication", "is_enabled": "false"]
            && lines[1].details["older_than_seconds"] == "0" && lines[1].kind == "project_repository")
        #expect(lines[3].details["ids"]?.contains("one") == true)
        // No token and no proof of a form is in either.
        let log = agents.1.errorsSoFar
        let file = try String(contentsOfFile: "\(fixture.secondaryState)/audit.jsonl", encoding: .utf8)
        for secret in [admin, reader, String(csrf), String(repeating: "1", count: 64)] {
          #expect(!log.contains(secret) && !file.contains(secret))
        }
        for line in lines { #expect(log.contains("order '\(line.order)'"), "\(line.order)") }
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(fixture.secondaryState)/audit.jsonl")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        // A session that has ended.
        #expect(try await Self.ask(fixture, .post, "/features", order, [form, cookie]).status == 303)
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `named tokens come with a reload, are held to their kinds, and go with one`() async throws {
    try await withTemporaryDirectory("named") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      try fixture.makeSources("one")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        func token(_ arguments: String...) async throws -> String {
          let outcome = try await fixture.remora(["token", "new"] + arguments, at: fixture.secondaryConfiguration)
          guard outcome.isSuccess else { throw TestSupportError(outcome.errorText) }
          return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let whole = try await token("grafana", "--expires", "1h")
        let bound = try await token("ci", "--role", "admin", "--kind", "release_asset")
        #expect(
          try await Self.ask(fixture, .get, "/api/v1/status", token: whole).status == 401, "not before the reload")
        func reload(_ count: Int) async throws {
          agents.1.send(signal: SIGHUP)
          try await pair.until("reloaded") {
            agents.1.errorsSoFar.split(separator: "\n").filter { $0.contains("tokens read again") }.count >= count
          }
        }
        try await reload(1)
        #expect(try await Self.ask(fixture, .get, "/api/v1/status", token: whole).status == 200)
        #expect(try await Self.ask(fixture, .post, "/api/v1/kinds/release_asset/removals", token: whole).status == 403)
        #expect(try await Self.ask(fixture, .post, "/api/v1/kinds/release_asset/removals", token: bound).status == 200)
        for path in [
          "/api/v1/status", "/metrics", "/api/v1/kinds/project_repository/registry", "/kinds/project_repository", "/",
          "/graphql/schema", "/geo_nodes/status", "/git/project_repository/one.git/info/refs",
          "/blobs/project_repository/x",
          "/api/v1/features",
        ] {
          #expect(try await Self.ask(fixture, .get, path, token: bound).status == 403, "\(path)")
        }
        #expect(try await Self.ask(fixture, .get, "/api/v1/kinds/release_asset/registry", token: bound).status == 200)
        #expect(
          try await Self.ask(fixture, .post, "/api/v1/kinds/project_repository/removals", token: bound).status == 403)
        let list = try await fixture.remora(["token", "list"], at: fixture.secondaryConfiguration)
        #expect(list.text.contains("grafana: reader, until ") && list.text.contains("ci: admin, for release_asset"))
        #expect(try await fixture.remora(["token", "revoke", "ci"], at: fixture.secondaryConfiguration).isSuccess)
        #expect(try await fixture.remora(["token", "revoke", "ci"], at: fixture.secondaryConfiguration).status == 1)
        try await reload(2)
        #expect(try await Self.ask(fixture, .get, "/api/v1/kinds/release_asset/registry", token: bound).status == 401)
        #expect(try await Self.ask(fixture, .get, "/api/v1/status", token: whole).status == 200)
        let orders = try Self.lines(fixture.secondaryState)
        #expect(orders.contains { $0.actor.token == "ci" && $0.order == "removals" && $0.outcome == "done" })
        #expect(!agents.1.errorsSoFar.contains(bound))
      }
      withExtendedLifetime(agents) {}
    }
  }
}
