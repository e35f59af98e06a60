import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// GraphQL, the event stream, sign-in and cross-site requests, sent over the network as other clients do.
@Suite(.serialized) struct InterfaceTests {
  private struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaderFields
    let text: String
  }

  /// Makes one exchange with the secondary's network listener.
  private static func ask(
    _ fixture: AgentPairFixture, _ path: String, token: String? = nil, post body: String? = nil,
    _ headers: [(String, String)] = []
  ) async throws -> Answer {
    let http = BoundedHTTPClient()
    var request = HTTPRequest(body == nil ? .get : .post, "http://127.0.0.1:\(fixture.secondaryPort)\(path)")
    for (name, value) in headers { request.headers.add(name, value) }
    if let token { request.headers.add("Authorization", "Bearer \(token)") }
    request.body = Array((body ?? "").utf8)
    let answer = try await http.exchange(request) { answer in
      Answer(
        status: answer.status, headers: answer.headers,
        text: String(decoding: try await answer.prefix(1 << 20), as: UTF8.self))
    }
    await http.shutdown()
    return answer
  }

  private static func graphQL(
    _ fixture: AgentPairFixture, _ query: String, as role: String = "admin"
  ) async throws -> String {
    let body = String(decoding: try JSONSerialization.data(withJSONObject: ["query": query]), as: UTF8.self)
    return try await ask(fixture, "/graphql", token: try fixture.secret(role), post: body).text
  }

  @Test func `GraphQL lists entries page by page, and an order turns a failed one synced`() async throws {
    try await withTemporaryDirectory("graphql") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      try fixture.makeSources("bad", "one", "two")
      try fixture.makeForeignCopy("bad")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.until("one fails and two are verified") {
          let entries = try await [pair.entry("one"), pair.entry("two")]
          let bad = try await pair.entry("bad")
          return entries.allSatisfy { $0?.verificationState == .succeeded } && bad?.state == .failed
        }
        var seen: [Substring] = []
        var after = "null"
        for _ in 0..<3 {
          let page = try await Self.graphQL(
            fixture,
            "{ geoNode { projectRepositoryRegistries(first: 1, after: \(after), sort: ID_DESC)"
              + " { nodes { modelRecordId } pageInfo { endCursor hasNextPage } count } } }")
          #expect(page.contains("\"count\":3"))
          seen += page.matches(of: /"modelRecordId":"([^"]*)"/).map(\.output.1)
          after = "\"" + (page.firstMatch(of: /"endCursor":"([^"]*)"/)?.output.1 ?? "") + "\""
          #expect(page.contains("\"hasNextPage\":\(seen.count < 3)"))
        }
        #expect(Set(seen) == ["bad", "one", "two"])
        let failed = try await Self.graphQL(
          fixture,
          "{ geoNode { projectRepositoryRegistries(replicationState: FAILED) { nodes { id lastSyncFailure } } } }",
          as: "reader")
        let id = try #require(failed.firstMatch(of: /"id":"([^"]*)"/)).output.1
        let order = "mutation { geoRegistriesUpdate(input: {registryId: \"\(id)\", action: RESYNC}) { errors } }"
        #expect(try await Self.graphQL(fixture, order, as: "reader").contains("\"code\":\"forbidden\""))
        try FileManager.default.removeItem(atPath: directory.path("copies/bad.git"))
        #expect(try await Self.graphQL(fixture, order).contains("\"errors\":[]"))
        try await pair.untilVerified("bad")
        let all =
          "mutation { geoRegistriesBulkUpdate(input: {registryClass: PROJECT_REPOSITORY_REGISTRY,"
          + " action: REVERIFY_ALL, verificationState: SUCCEEDED}) { errors count } }"
        #expect(try await Self.graphQL(fixture, all).contains("\"errors\":[],\"count\":3"))
        try await pair.untilSettled(count: 3)
        // Events are listed, the newest first, and survive a kill.
        let path = AgentRoute.path(AgentRoute.transitions("project_repository"), [("id", "bad")])
        try await pair.until("the transitions are written") {
          try await pair.secondary.get(path, as: TransitionPage.self).transitions.first?.verificationState
            == .succeeded
        }
        try await pair.until("they are in their file") {
          let file = "\(fixture.secondaryState)/transitions/transitions.0.jsonl"
          let last = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").last {
            $0.contains("\"bad\"")
          }
          return last?.contains("\"verification_state\":\"succeeded\"") == true
        }
        agents.1.kill()
        _ = try await agents.1.outcome()
        let again = try fixture.startSecondary()
        let kept = try await pair.secondary.get(path, as: TransitionPage.self).transitions
        #expect(kept.contains { $0.oldState == .failed && $0.state == .pending })
        #expect(kept.contains { $0.state == .failed && $0.message?.isEmpty == false })
        #expect(kept.map(\.at) == kept.map(\.at).sorted(by: >))
        withExtendedLifetime(again) {}
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `numbers that nothing has, and values that are not there, are refused and harm nobody`() async throws {
    try await withTemporaryDirectory("numbers") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      try fixture.makeSources("one")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      let admin = try fixture.secret("admin")
      try await fixture.asking { pair in
        try await pair.untilVerified("one")
        let kind = "/api/v1/kinds/project_repository"
        // Longer ago than there are moments: once the agent died of it. What is larger than 2^53 - 1 is no number of the API.
        for (seconds, status) in [(9_007_199_254_740_991, 200), (UInt64(Int64.max), 400), (.max, 400)] {
          let body = "{\"action\":\"empty\",\"older_than_seconds\":\(seconds)}"
          let answer = try await Self.ask(fixture, "\(kind)/trash", token: admin, post: body)
          #expect(answer.status == status && answer.text.contains("\"count\":0") == (status == 200), "\(seconds)")
        }
        for (path, status) in [
          ("\(kind)/registry?id=", 400), ("\(kind)/registry?state=none", 400),
          ("\(kind)/registry?state=succeeded", 409),
          ("\(kind)/registry?before=x", 404), ("\(kind)/registry?sort=id_asc&after=1:a&before=2:b", 409),
          ("\(kind)/registry?sort=id_asc&limit=", 400), ("\(kind)/history?id=none", 404),
        ] {
          #expect(try await Self.ask(fixture, path, token: admin).status == status, "\(path)")
        }
        let action = "{\"action\":\"resync\",\"ids\":[],\"state\":\"none\"}"
        #expect(try await Self.ask(fixture, "\(kind)/registry/actions", token: admin, post: action).status == 400)
        #expect(agents.0.isRunning && agents.1.isRunning)
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `the stream tells what happens while it happens`() async throws {
    try await withTemporaryDirectory("stream") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      try fixture.makeSources("one")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilVerified("one")
        let http = BoundedHTTPClient()
        var request = HTTPRequest(.get, "http://127.0.0.1:\(fixture.secondaryPort)/api/v1/stream")
        request.headers.add("Authorization", "Bearer \(try fixture.secret("reader"))")
        let seen = try await http.exchange(request) { answer in
          #expect(answer.headers["Content-Type"] == "text/event-stream")
          var text = ""
          while let piece = try await answer.next() {
            text += String(decoding: piece, as: UTF8.self)
            if text.contains("event: status"), !text.contains("event: change") {
              let outcome = try await fixture.remora(["registry", "resync", "one"], at: fixture.secondaryConfiguration)
              guard outcome.isSuccess else { throw TestSupportError(outcome.errorText) }
            }
            if text.contains("\"state\":\"synced\"") { break }
          }
          return text
        }
        #expect(seen.contains("event: change\ndata: {"))
        await http.shutdown()
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a form of another page, a stranger's cookie and a guesser get nothing`() async throws {
    try await withTemporaryDirectory("forms") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      let form = ("Content-Type", "application/x-www-form-urlencoded")
      let toSignIn = try await Self.ask(fixture, "/kinds/project_repository")
      #expect(toSignIn.status == 303)
      #expect(toSignIn.headers["Location"] == "/sign-in?return_to=%2Fkinds%2Fproject_repository")
      let page = try await Self.ask(fixture, "/sign-in")
      #expect(page.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
      let token = try fixture.secret("reader").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      let body = "token=\(token)&return_to=//elsewhere.example"
      let foreign = try await Self.ask(
        fixture, "/sign-in", post: body, [form, ("Origin", "https://elsewhere.example")])
      #expect(foreign.status == 403)
      let signedIn = try await Self.ask(fixture, "/sign-in", post: body, [form])
      #expect(signedIn.status == 303 && signedIn.headers["Location"] == "/")
      let setting = try #require(signedIn.headers["Set-Cookie"])
      #expect(setting.contains("HttpOnly") && setting.contains("SameSite=Lax"))
      let cookie = ("Cookie", String(setting.prefix { $0 != ";" }))
      let sites = try await Self.ask(fixture, "/", nil, [cookie])
      #expect(sites.status == 200 && sites.text.contains("<h1>Sites</h1>"))
      // The cookie opens the page, and nothing else.
      #expect(try await Self.ask(fixture, "/api/v1/features", nil, [cookie]).status == 401)
      #expect(try await Self.ask(fixture, "/graphql", post: "{\"query\":\"{__typename}\"}", [cookie]).status == 401)
      let action = "action=resync&all=1"
      #expect(
        try await Self.ask(fixture, "/kinds/project_repository/actions", post: action, [form, cookie]).status == 403)
      let csrf = try #require(sites.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/)).output.1
      let reader = try await Self.ask(
        fixture, "/kinds/project_repository/actions", post: "\(action)&csrf=\(csrf)", [form, cookie])
      #expect(reader.status == 403 && reader.text.contains("admin"))
      // Sessions outlive the agent, until they are ended.
      agents.1.kill()
      _ = try await agents.1.outcome()
      let again = try fixture.startSecondary()
      #expect(try await Self.ask(fixture, "/", nil, [cookie]).status == 200)
      #expect(try await Self.ask(fixture, "/sign-out", post: "csrf=\(csrf)", [form, cookie]).status == 303)
      #expect(try await Self.ask(fixture, "/", nil, [cookie]).status == 303)
      // A token that is replaced takes its sessions along.
      let old = try fixture.secret("reader")
      let second = try #require(try await Self.ask(fixture, "/sign-in", post: body, [form]).headers["Set-Cookie"])
      let secondCookie = ("Cookie", String(second.prefix { $0 != ";" }))
      #expect(try await Self.ask(fixture, "/", nil, [secondCookie]).status == 200)
      try directory.write(String(repeating: "8", count: 64) + "\n", to: "reader.secret")
      #expect(chmod(directory.path("reader.secret"), 0o600) == 0)
      again.send(signal: SIGHUP)
      #expect(again.waitUntil(printed: "secrets and tokens read again"))
      #expect(try await Self.ask(fixture, "/", nil, [secondCookie]).status == 303)
      #expect(try await Self.ask(fixture, "/api/v1/status", token: old).status == 401)
      #expect(try await Self.ask(fixture, "/api/v1/status", token: try fixture.secret("reader")).status == 200)
      // With that old one five wrong tokens, by the form and by the header; then wrong ones have to wait, and a right one does not.
      for index in 0..<4 {
        let answer =
          index.isMultiple(of: 2)
          ? try await Self.ask(fixture, "/sign-in", post: "token=guess\(index)", [form])
          : try await Self.ask(fixture, "/api/v1/status", token: "guess\(index)")
        #expect(answer.status == 401)
      }
      let late = try await Self.ask(fixture, "/api/v1/status", token: "guess5")
      #expect(late.status == 429 && late.headers["Retry-After"] == "12")
      #expect(try await Self.ask(fixture, "/api/v1/status", token: try fixture.secret("admin")).status == 200)
      #expect(try await Self.ask(fixture, "/sign-in", post: body, [form]).status == 429)
      // The names that a page elsewhere may have for this machine are none of its own.
      for path in ["/", "/sign-in", "/graphql", "/api/v1/stream"] {
        #expect(try await Self.ask(fixture, path, nil, [("Host", "elsewhere.example")]).status == 421)
      }
      withExtendedLifetime((agents, again)) {}
    }
  }

  private static func ask(
    _ fixture: AgentPairFixture, _ path: String, _ token: String?, _ headers: [(String, String)]
  ) async throws -> Answer { try await ask(fixture, path, token: token, post: nil, headers) }
}
