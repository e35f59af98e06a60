import Agent
import AgentAPI
import BoundedHTTP
import Foundation
import Logging
import MetricsExposition
import Replication
import SiteAssembly
import SiteTokens
import TestSupport

@testable import AgentServer

/// One agent in this process, with role tokens and two sites, queried over the network.
final class AccessFixture: Sendable {
  /// The kind of client.
  enum Asker: String, CaseIterable, Sendable {
    case anonymous, neighbor, reader, admin, site, otherSite, unknownSite, cookie, foreignCookie
  }

  /// What is set otherwise than by default.
  struct Settings: Sendable {
    var trustsLoopback = false
    var proxies: [String] = []
    var change: @Sendable (inout AgentListeners) -> Void = { _ in }
    var plan: @Sendable (inout AgentPlan) -> Void = { _ in }
  }

  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaderFields
    let text: String
  }

  static let (admin, reader) = (String(repeating: "a", count: 40), String(repeating: "r", count: 40))
  static let sites = ["berlin", "paris"]

  let directory: TemporaryDirectory
  let port: Int
  let agent: Task<Void, any Error>
  let http = BoundedHTTPClient()
  private let issuers: [String: SiteTokenIssuer]
  private let starts = StartMemory()

  init(_ directory: TemporaryDirectory, _ settings: Settings = Settings()) async throws {
    self.directory = directory
    for name in ["sources", "state"] {
      try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: true)
    }
    for (name, token) in [("admin", Self.admin), ("reader", Self.reader)] {
      let path = try directory.write(token, to: "\(name).token")
      guard chmod(path, 0o600) == 0 else { throw TestSupportError("chmod \(path): errno \(errno)") }
    }
    var secrets: [SiteName: SiteSecret] = [:]
    var issuers: [String: SiteTokenIssuer] = [:]
    for name in Self.sites + ["unknown"] {
      let secret = try SiteSecret.generate(at: directory.path("\(name).secret"))
      guard let site = SiteName(name) else { throw TestSupportError("'\(name)' is no site's name") }
      if name != "unknown" { secrets[site] = secret }
      issuers[name] = await SiteTokenIssuer(site: site, audience: SiteName("main"), secret: secret, epoch: { 0 })
    }
    self.issuers = issuers
    guard let main = SiteName("main") else { throw TestSupportError("no name") }
    let access = AccessControl(
      verifier: await SiteTokenVerifier(audience: main, sites: secrets),
      persons: try PersonTokens(
        adminFile: directory.path("admin.token"), readerFile: directory.path("reader.token")),
      hosts: ["127.0.0.1", "remora.example"], trustsLoopback: settings.trustsLoopback,
      trustedProxies: settings.proxies.compactMap { AddressRange($0) }, now: { Date() })
    var doors = AgentListeners(port: 0, access: access, servesReaders: true)
    settings.change(&doors)
    var plan = AgentPlan(
      site: "main", role: .primary(secondaries: Self.sites), state: directory.path("state"),
      kinds: [
        KindPlan(
          try KindConfiguration(name: "project_repository", strategy: "repository", root: directory.path("sources")))
      ])
    settings.plan(&plan)
    let (opened, continuation) = AsyncStream<Int>.makeStream()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    agent = Task { [plan, doors, logger] in
      defer { continuation.finish() }
      try await AgentProcess.run(
        plan, doors: doors, metrics: MetricsRegistry(), logger: logger, environment: .system,
        opened: { continuation.yield($0) })
    }
    var ports = opened.makeAsyncIterator()
    guard let port = await ports.next() else { throw TestSupportError("the agent did not open") }
    self.port = port
  }

  func close() async {
    agent.cancel()
    // Cancelling is how it ends.
    _ = try? await agent.value
    await http.shutdown()
  }

  func ask(
    _ method: HTTPRequest.Method, _ path: String, _ headers: [(String, String)] = [], body: [UInt8] = []
  ) async throws -> Answer {
    var request = HTTPRequest(method, "http://127.0.0.1:\(port)\(path)")
    for (name, value) in headers { request.headers.add(name, value) }
    request.body = body
    do {
      return try await http.exchange(request) { answer in
        // The stream has no end: its first piece is enough.
        let isStream = answer.headers["Content-Type"] == "text/event-stream"
        let bytes = isStream ? try await answer.next() ?? [] : try await answer.prefix(1 << 20)
        return Answer(status: answer.status, headers: answer.headers, text: String(decoding: bytes, as: UTF8.self))
      }
    } catch {
      throw TestSupportError("\(method) \(path) with \(headers): \(error)")
    }
  }

  /// Asks as a site; learns the start on the way.
  func ask(
    as site: String, _ method: HTTPRequest.Method, _ path: String, _ headers: [(String, String)] = [],
    body: [UInt8] = [], signing signed: [UInt8]? = nil
  ) async throws -> Answer {
    guard let issuer = issuers[site] else { throw TestSupportError("no site '\(site)'") }
    var answer: Answer?
    for _ in 0..<2 {
      let token = try await issuer.token(
        method: method.rawValue, pathAndQuery: path, bodyDigest: BodyDigest(of: signed ?? body),
        start: await starts.start, now: Date())
      let found = try await ask(method, path, headers + [("Authorization", "Bearer \(token)")], body: body)
      answer = found
      guard found.status == 401, let start = found.headers[SiteTokenHeader.start] else { break }
      await starts.set(start)
    }
    guard let answer else { throw TestSupportError("no answer") }
    return answer
  }

  /// Signs in and returns a session's cookie.
  func signIn(_ token: String = admin) async throws -> String {
    let answer = try await ask(
      .post, "/sign-in", [("Content-Type", "application/x-www-form-urlencoded")], body: Array("token=\(token)".utf8))
    guard let cookie = answer.headers["Set-Cookie"]?.prefix(while: { $0 != ";" }) else {
      throw TestSupportError("no cookie: \(answer.status) \(answer.text)")
    }
    return String(cookie)
  }

  /// Asks as one of all.
  func ask(
    as asker: Asker, _ method: HTTPRequest.Method, _ path: String, cookie: String, body: [UInt8]
  ) async throws -> Answer {
    let form = body.isEmpty || body.first == UInt8(ascii: "{")
    let type = [("Content-Type", form ? "application/json" : "application/x-www-form-urlencoded")]
    switch asker {
    // A request that shows that a proxy sent it has no privilege of its machine.
    case .anonymous: return try await ask(method, path, type + [("X-Forwarded-For", "203.0.113.9")], body: body)
    case .neighbor: return try await ask(method, path, type, body: body)
    case .reader: return try await ask(method, path, type + [("Authorization", "Bearer \(Self.reader)")], body: body)
    case .admin: return try await ask(method, path, type + [("Authorization", "Bearer \(Self.admin)")], body: body)
    case .site: return try await ask(as: "berlin", method, path, type, body: body)
    case .otherSite: return try await ask(as: "paris", method, path, type, body: body)
    case .unknownSite: return try await ask(as: "unknown", method, path, type, body: body)
    case .cookie: return try await ask(method, path, type + [("Cookie", cookie)], body: body)
    case .foreignCookie:
      let foreign = [("Cookie", cookie), ("Origin", "http://127.0.0.1:9"), ("Sec-Fetch-Site", "same-site")]
      return try await ask(method, path, type + foreign, body: body)
    }
  }
}

private actor StartMemory {
  private(set) var start: String?
  func set(_ start: String) { self.start = start }
}

/// Gives `body` an agent, and ends it afterwards.
func withAgent(
  _ settings: AccessFixture.Settings = .init(), prepare: (TemporaryDirectory) throws -> Void = { _ in },
  _ body: (AccessFixture) async throws -> Void
) async throws {
  try await withTemporaryDirectory("access") { directory in
    try prepare(directory)
    let fixture = try await AccessFixture(directory, settings)
    do {
      try await body(fixture)
    } catch {
      await fixture.close()
      throw error
    }
    await fixture.close()
  }
}
