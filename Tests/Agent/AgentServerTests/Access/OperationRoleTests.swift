import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

@testable import AgentServer

@Suite("Who may ask each route", .serialized)
struct OperationRoleTests {
  private enum Outcome: Equatable {
    case admitted, unauthorized, forbidden, signIn
  }

  /// Returns what the table declares, for a listener that only this machine can reach.
  private static func declared(_ rule: AgentOperation, _ asker: AccessFixture.Asker) -> Outcome {
    if asker == .foreignCookie, rule.method == .post { return .forbidden }
    if asker == .unknownSite { return .unauthorized }
    let hasSession = asker == .cookie || asker == .foreignCookie
    let isSite = asker == .site || asker == .otherSite
    // The cookie is an admin's.
    let usesSession =
      hasSession && rule.takesCookie && (asker == .cookie || rule.role == .page || rule.role == .form)
    let isAdmin = asker == .admin || usesSession
    let isReader = isAdmin || asker == .reader
    switch rule.role {
    case .everybody, .signature: return .admitted
    // Readers see no questions of orders.
    case .page where rule.path == .confirmPage && asker == .reader: return .forbidden
    case .page: return isReader ? .admitted : .signIn
    // Without a session there is none to end.
    case .form where rule.path == .signOut: return .forbidden
    // No form of a session is sent here.
    case .form: return isReader ? .forbidden : .signIn
    // A session's cookie says nothing where it is not taken: then its client is what its address says.
    case .readerOrLocalProcess:
      return isSite ? .forbidden : isReader || asker == .neighbor || hasSession ? .admitted : .unauthorized
    case .reader: return isSite ? .forbidden : isReader ? .admitted : .unauthorized
    case .siteOrReader: return isSite || isReader ? .admitted : .unauthorized
    case .admin: return isAdmin ? .admitted : isSite || isReader ? .forbidden : .unauthorized
    case .site: return isSite ? .admitted : isReader ? .forbidden : .unauthorized
    }
  }

  private static func outcome(_ answer: AccessFixture.Answer, _ rule: AgentOperation) -> Outcome {
    switch answer.status {
    // A delivery without a signature is refused by its route.
    case 401 where rule.role == .signature && answer.text.contains("bad_signature"): .admitted
    // The form's own answer, as a page.
    case 401 where rule.path == .signIn && answer.text.contains("<html"): .admitted
    case 401: .unauthorized
    case 403: .forbidden
    case 303 where answer.headers["Location"]?.hasPrefix("/sign-in") == true && rule.path != .signOut: .signIn
    case 303 where answer.headers["Location"]?.hasPrefix("/sign-in?") == true: .signIn
    default: .admitted
    }
  }

  private static func path(_ rule: AgentOperation) -> String {
    if rule.path == .git {
      let name = "/git/project_repository/one.git"
      return rule.method == .get ? "\(name)/info/refs?service=git-upload-pack" : "\(name)/git-upload-pack"
    }
    let path = rule.path.rawValue.replacing("{kind}", with: "project_repository").replacing("{name}", with: "main")
    return path == "/blobs/**" ? "/blobs/project_repository/none" : path
  }

  @Test("each route answers each client as the table says")
  func table() async throws {
    var settings = AccessFixture.Settings()
    settings.trustsLoopback = true
    // Wrong tokens come by the dozen here.
    settings.change = { $0.wrongTokensPerMinute = 10_000 }
    try await withAgent(settings) { directory in
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
      try FileManager.default.createDirectory(
        atPath: directory.path("sources"), withIntermediateDirectories: true)
      _ = try builder.build(at: directory.path("sources/one.git"))
    } _: { fixture in
      let rules = AgentOperation.all
      #expect(rules.count > 40)
      let cookie = try await fixture.signIn()
      for rule in rules {
        let isForm = rule.body == .form
        let body = rule.method == .get ? [] : Array((isForm ? "token=wrong&action=none" : "{}").utf8)
        let method: HTTPRequest.Method = rule.method == .get ? .get : .post
        for asker in AccessFixture.Asker.allCases {
          let answer = try await fixture.ask(as: asker, method, Self.path(rule), cookie: cookie, body: body)
          let what: Comment = "\(method) \(rule.path.rawValue) as \(asker): \(answer.status) \(answer.text.prefix(200))"
          #expect(Self.outcome(answer, rule) == Self.declared(rule, asker), what)
          #expect(answer.status != 500, what)
          // Each rule is of a route that there is; this agent takes no deliveries.
          #expect(rule.role == .signature || !answer.text.contains("there is no such route"), what)
          #expect(rule.role == .signature || answer.status != 405, what)
          guard rule.method == .get, asker != .unknownSite else { continue }
          let head = try await fixture.ask(as: asker, .head, Self.path(rule), cookie: cookie, body: [])
          // RFC 9110 § 9.1, and nothing in the body.
          #expect(head.status == answer.status && head.text.isEmpty, "HEAD: \(what): \(head.status)")
        }
      }
    }
  }

  @Test("a path with an empty part is no route, for every caller and every method of sending")
  func emptyParts() async throws {
    try await withAgent { fixture in
      let cookie = try await fixture.signIn()
      let evil = [("Cookie", cookie), ("Origin", "http://127.0.0.1:9"), ("Content-Type", "text/plain")]
      let admin = [("Authorization", "Bearer \(AccessFixture.admin)")]
      for path in [
        "//api/v1/features", "/api//v1/features", "/api/v1/features/", "///api/v1/features", "//graphql", "/graphql/",
        "//", "/kinds//confirm", "//api/v1/promotion",
      ] {
        for method in [HTTPRequest.Method.get, .head, .post] {
          for headers in [evil, admin, [("Cookie", cookie)], []] {
            let body = method == .post ? Array(#"{"name":"a","is_enabled":false}"#.utf8) : []
            let status = try await fixture.ask(method, path, headers, body: body).status
            #expect(status == 404, "\(method) \(path) \(headers): \(status)")
          }
        }
      }
    }
  }

  @Test("what a browser sends along by itself changes nothing for a page of another site")
  func foreignPages() async throws {
    try await withAgent { fixture in
      let cookie = ("Cookie", try await fixture.signIn())
      let password = Data("x:\(AccessFixture.admin)".utf8).base64EncodedString()
      let form = ("Content-Type", "application/x-www-form-urlencoded")
      let csrf = try #require(
        try await fixture.ask(.get, "/features", [cookie]).text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/)
      ).output.1
      let order = Array("csrf=\(csrf)&name=geo_project_repository_replication&is_enabled=true".utf8)
      let own = "http://127.0.0.1:\(fixture.port)"
      for foreign in [
        [("Origin", "http://127.0.0.1:9")], [("Origin", "null")], [("Origin", "http://evil.example")],
        [("Origin", "http://127.0.0.1:\(fixture.port).evil.example")], [("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "cross-site")], [("Origin", own), ("Sec-Fetch-Site", "cross-site")],
        [("Origin", "ftp://127.0.0.1:\(fixture.port)")], [("Origin", "127.0.0.1:\(fixture.port)")],
      ] {
        #expect(try await fixture.ask(.post, "/features", [cookie, form] + foreign, body: order).status == 403)
        // Browsers remember the password of basic authentication and send it to wherever a form goes.
        let basic = [("Authorization", "Basic \(password)"), ("Content-Type", "text/plain")]
        let body = Array(#"{"name":"geo_project_repository_replication","is_enabled":false}"#.utf8)
        #expect(try await fixture.ask(.post, "/api/v1/features", basic + foreign, body: body).status == 403)
        #expect(try await fixture.ask(.post, "/sign-in", [form] + foreign, body: Array("token=x".utf8)).status == 403)
      }
      for ours in [[("Origin", own)], [("Origin", own), ("Sec-Fetch-Site", "same-origin")], []] {
        #expect(try await fixture.ask(.post, "/features", [cookie, form] + ours, body: order).status == 303)
      }
      // Without the form's own value the cookie is nothing, and elsewhere it is nothing at all.
      #expect(try await fixture.ask(.post, "/features", [cookie, form], body: Array("name=a".utf8)).status == 403)
      #expect(try await fixture.ask(.get, "/api/v1/features", [cookie]).status == 401)
      // A page of another site opens no stream with it.
      #expect(
        try await fixture.ask(.get, "/api/v1/stream", [cookie, ("Sec-Fetch-Site", "same-site")]).status == 401)
      #expect(
        try await fixture.ask(.get, "/api/v1/stream", [cookie, ("Sec-Fetch-Site", "same-origin")]).status == 200)
    }
  }

  @Test("the cookie bears the site's name, and over TLS the prefix that ties it to the host")
  func cookies() async throws {
    var settings = AccessFixture.Settings()
    settings.proxies = ["127.0.0.1"]
    try await withAgent(settings) { fixture in
      let plain = try await fixture.signIn()
      #expect(plain.hasPrefix("remora_session_main="))
      let secure = [("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.9")]
      let form = ("Content-Type", "application/x-www-form-urlencoded")
      let answer = try await fixture.ask(
        .post, "/sign-in", secure + [form], body: Array("token=\(AccessFixture.reader)".utf8))
      let setting = try #require(answer.headers["Set-Cookie"])
      #expect(setting.hasPrefix("__Host-remora_session_main=") && setting.contains("Secure"))
      let cookie = ("Cookie", String(setting.prefix { $0 != ";" }))
      #expect(try await fixture.ask(.get, "/features", secure + [cookie]).status == 200)
      // A plain HTTP header, which any hop can set, is not accepted there.
      #expect(try await fixture.ask(.get, "/features", secure + [("Cookie", plain)]).status == 303)
      // Another program of this host has set one of the same name.
      let two = ("Cookie", "\(plain); \(plain.prefix { $0 != "=" })=0000")
      #expect(try await fixture.ask(.get, "/features", [two]).status == 303)
      // An http page of the same name is not this one.
      let http = [("Origin", "http://127.0.0.1:\(fixture.port)"), cookie, form]
      #expect(try await fixture.ask(.post, "/sign-out", secure + http, body: Array("csrf=0".utf8)).status == 403)
    }
  }
}
