import AgentAPI
import BoundedHTTP
import Foundation
import SiteTokens
import TestSupport
import Testing

/// Requests that a running primary must refuse: each with its status, and the agent alive behind it.
@Suite(.serialized) struct RefusalTests {
  private struct Attempt: Sendable {
    let name: String
    var method = HTTPRequest.Method.get
    var path = AgentRoute.events
    var body: [UInt8] = []
    var headers: [(String, String)] = []
    let status: Int
  }

  private struct Answer {
    let status: Int
    let text: String
    let start: String?
  }

  private static func ask(_ attempt: Attempt, _ fixture: AgentPairFixture, _ http: BoundedHTTPClient) async throws
    -> Answer
  {
    var request = HTTPRequest(attempt.method, "http://127.0.0.1:\(fixture.port)\(attempt.path)")
    for (name, value) in attempt.headers { request.headers.add(name, value) }
    request.body = attempt.body
    return try await http.exchange(request) { answer in
      var bytes: [UInt8] = []
      while let piece = try await answer.next() { bytes += piece }
      return Answer(
        status: answer.status, text: String(decoding: bytes, as: UTF8.self),
        start: answer.headers[SiteTokenHeader.start])
    }
  }

  private static func issuer(_ name: String, secret: String) async throws -> SiteTokenIssuer {
    guard let site = SiteName(name) else { throw TestSupportError("'\(name)' is no site's name") }
    return await SiteTokenIssuer(
      site: site, audience: SiteName("main"), secret: try SiteSecret(file: secret), epoch: { 0 })
  }

  private static func bearer(
    _ issuer: SiteTokenIssuer, _ path: String, start: String?, at now: Date = Date(), method: String = "GET",
    body: [UInt8] = []
  ) async throws -> [(String, String)] {
    let token = try await issuer.token(
      method: method, pathAndQuery: path, bodyDigest: BodyDigest(of: body), start: start, now: now)
    return [("Authorization", "Bearer \(token)")]
  }

  @Test func `what must not come in is refused, with its status and one line`() async throws {
    try await withTemporaryDirectory("refusals") { directory in
      let fixture = try AgentPairFixture(directory)
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
      _ = try builder.build(at: fixture.source("project"))
      var primary = try fixture.startPrimary()
      let http = BoundedHTTPClient()
      let berlin = try await Self.issuer("berlin", secret: directory.path("site.secret"))
      let stranger = try await Self.issuer("paris", secret: directory.path("site.secret"))
      let impostor = try await Self.issuer("berlin", secret: directory.path("admin.secret"))
      let path = AgentRoute.events
      // The first answer names the start that tokens must name.
      let first = Attempt(name: "start", headers: try await Self.bearer(berlin, path, start: nil), status: 401)
      let start = try #require(try await Self.ask(first, fixture, http).start)
      let good = try await Self.bearer(berlin, path, start: start)
      #expect(try await Self.ask(Attempt(name: "good", headers: good, status: 200), fixture, http).status == 200)
      let reader = [("Authorization", "Bearer \(try fixture.secret("reader"))")]
      let listing = "/git/project_repository/project.git/info/refs?service=git-upload-pack"
      let unknown = Array(#"{"event":"push","replicable_name":"unknown_kind","id":"project"}"#.utf8)
      let wrong = Array(#"{"event":"explode","replicable_name":"project_repository","id":"project"}"#.utf8)
      let admin = [("Authorization", "Bearer \(try fixture.secret("admin"))")]
      let attempts = [
        Attempt(name: "no token", status: 401),
        Attempt(name: "no token for git", path: listing, status: 401),
        Attempt(name: "wrong token", headers: [("Authorization", "Bearer wrong")], status: 401),
        Attempt(name: "replayed", headers: good, status: 401),
        Attempt(name: "unknown site", headers: try await Self.bearer(stranger, path, start: start), status: 401),
        Attempt(name: "another's secret", headers: try await Self.bearer(impostor, path, start: start), status: 401),
        Attempt(
          name: "expired", headers: try await Self.bearer(berlin, path, start: start, at: Date() - 600), status: 401),
        Attempt(
          name: "from the future", headers: try await Self.bearer(berlin, path, start: start, at: Date() + 600),
          status: 401),
        Attempt(name: "another path", headers: try await Self.bearer(berlin, "/other", start: start), status: 401),
        Attempt(
          name: "another query", path: path + "?limit=5", headers: try await Self.bearer(berlin, path, start: start),
          status: 401),
        Attempt(
          name: "another body", method: .post, path: AgentRoute.fence, body: [1, 2, 3],
          headers: try await Self.bearer(berlin, AgentRoute.fence, start: start, method: "POST"), status: 401),
        Attempt(
          name: "another body, where a site may not ask at all", method: .post, body: [1, 2, 3],
          headers: try await Self.bearer(berlin, path, start: start, method: "POST"), status: 403),
        Attempt(name: "an empty part", path: "//api/v1/events", headers: reader, status: 404),
        Attempt(
          name: "a site on an admin's route", method: .post, body: wrong,
          headers: try await Self.bearer(berlin, path, start: start, method: "POST", body: wrong), status: 403),
        Attempt(name: "a reader on an admin's route", method: .post, body: wrong, headers: reader, status: 403),
        Attempt(
          name: "100 MB", method: .post, body: [UInt8](repeating: 0x20, count: 100 << 20), headers: admin, status: 413),
        Attempt(name: "unknown kind", method: .post, body: unknown, headers: admin, status: 404),
        Attempt(name: "unknown event", method: .post, body: wrong, headers: admin, status: 400),
        Attempt(name: "no JSON", method: .post, body: Array("{".utf8), headers: admin, status: 400),
        Attempt(
          name: "dots in an id", path: "/git/project_repository/a/%2e%2e/project.git/info/refs?service=git-upload-pack",
          headers: reader, status: 400),
        Attempt(
          name: "an encoded slash", path: "/git/project_repository/a%2fproject.git/info/refs?service=git-upload-pack",
          headers: reader, status: 400),
        Attempt(name: "dots in a file's id", path: "/blobs/release_asset/%2e%2e/secret", headers: reader, status: 400),
        Attempt(
          name: "dots in the query", path: "/api/v1/kinds/project_repository/standing?id=..%2Fx", headers: reader,
          status: 400),
        Attempt(name: "no such route", path: "/api/v1/nothing", headers: reader, status: 404),
        Attempt(name: "another host", path: "/healthz", headers: [("Host", "evil.example")], status: 421),
        Attempt(
          name: "a push", path: "/git/project_repository/project.git/info/refs?service=git-receive-pack",
          headers: reader,
          status: 403),
      ]
      for attempt in attempts {
        let answer = try await Self.ask(attempt, fixture, http)
        #expect(answer.status == attempt.status, "\(attempt.name): \(answer.text)")
        #expect(answer.text.split(separator: "\n").count == 1, "\(attempt.name): one line")
        #expect(!answer.text.contains(directory.path), "\(attempt.name) tells no path")
        #expect(try await Self.ask(Attempt(name: "alive", path: "/healthz", status: 200), fixture, http).status == 200)
      }
      // Each once, those of git and files too; the first, by which a site learns of the start, is for debugging.
      let lines = primary.errorsSoFar.split(separator: "\n").filter { $0.contains(" refused ") }
      #expect(lines.count == attempts.count, "\(lines.joined(separator: "\n"))")
      // Used before the restart, not after it.
      let later = try await Self.bearer(berlin, path, start: start)
      #expect(try await Self.ask(Attempt(name: "again", headers: later, status: 200), fixture, http).status == 200)
      primary.kill()
      _ = try await primary.outcome()
      primary = try fixture.startPrimary()
      let replay = try await Self.ask(
        Attempt(name: "replayed after a restart", headers: later, status: 401), fixture, http)
      #expect(replay.status == 401 && replay.text.contains("token_retry") && replay.start != start)
      await http.shutdown()
      withExtendedLifetime(primary) {}
    }
  }
}
