import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import SiteTokens
import Synchronization
import TestSupport

/// Two or three agents over TLS with a private authority, every two of them with a secret of their own; each one's configuration can be
/// written anew for another role.
struct SiteGroupFixture: Sendable {
  enum Site: String, CaseIterable, Sendable {
    case oslo, berlin, rome
  }

  static let kind = "project_repository"

  let directory: TemporaryDirectory
  private let ports: [Site: UInt16]
  private let http = BoundedHTTPClient()

  init(_ directory: TemporaryDirectory) throws {
    self.directory = directory
    // All at once, so that each gets another one.
    let taken = try Site.allCases.map { ($0, try ClosedPort()) }
    ports = Dictionary(uniqueKeysWithValues: taken.map { ($0, $1.port) })
    try TestAuthority.shared.get().write(.valid, into: directory)
    guard chmod(directory.path("server.key"), 0o600) == 0 else { throw TestSupportError("chmod server.key: \(errno)") }
    for site in Site.allCases {
      for part in ["git", "state"] {
        try FileManager.default.createDirectory(
          atPath: directory.path("\(site.rawValue)/\(part)"), withIntermediateDirectories: true)
      }
      guard chmod(state(of: site), 0o700) == 0 else {
        throw TestSupportError("chmod \(state(of: site)): \(errno)")
      }
    }
    for (first, second) in [(Site.oslo, Site.berlin), (.oslo, .rome), (.berlin, .rome)] {
      _ = try SiteSecret.generate(at: secret(first, second))
    }
  }

  func close() async { await http.shutdown() }

  // MARK: Places

  func secret(_ first: Site, _ second: Site) -> String {
    directory.path([first.rawValue, second.rawValue].sorted().joined(separator: "-") + ".secret")
  }

  func state(of site: Site) -> String { directory.path("\(site.rawValue)/state") }
  func configuration(of site: Site) -> String { directory.path("\(site.rawValue).yaml") }
  func repository(_ id: String, at site: Site) -> String { directory.path("\(site.rawValue)/git/\(id).git") }
  func url(of site: Site) -> String { "https://127.0.0.1:\(ports[site] ?? 0)" }

  // MARK: Configurations

  /// - Parameter denied: sites that may not be promoted.
  func configurePrimary(_ site: Site, secondaries: [Site], denied: Set<Site> = []) throws {
    let names = secondaries.map { secondary in
      "{ name: \(secondary.rawValue), secret_file: \"\(secret(site, secondary))\""
        + (denied.contains(secondary) ? ", may_promote: false }" : " }")
    }
    try write(site, role: "primary", "secondaries: [ \(names.joined(separator: ", ")) ]\nscan: { interval: 2s }")
  }

  func configureSecondary(_ site: Site, of primary: Site) throws {
    try write(
      site, role: "secondary",
      "primary: { url: \"\(url(of: primary))\", secret_file: \"\(secret(site, primary))\" }\nconsistency: { interval: 1s }"
    )
  }

  private func write(_ site: Site, role: String, _ more: String) throws {
    try directory.write(
      """
      site: { name: \(site.rawValue), role: \(role) }
      state: "\(state(of: site))"
      listen: 127.0.0.1:\(ports[site] ?? 0)
      tls:
        certificate_file: "\(directory.path("server.pem"))"
        key_file: "\(directory.path("server.key"))"
        ca_file: "\(directory.path("ca.pem"))"
      \(more)
      replicables:
        \(Self.kind): { strategy: repository, root: "\(directory.path("\(site.rawValue)/git"))" }

      """, to: "\(site.rawValue).yaml")
  }

  // MARK: Agents

  func start(_ site: Site) throws -> ChildProcess {
    let agent = try ChildProcess(
      try BuiltProgram.path("remora"), ["agent", "--config", configuration(of: site)],
      environment: ChildProcess.isolatedEnvironment())
    guard agent.waitUntil(printed: "and listens on", within: .seconds(60)) else {
      agent.kill()
      throw TestSupportError("the agent of \(site) did not start: \(try agent.outcome().errorText)")
    }
    return agent
  }

  static func end(_ agent: ChildProcess, by signal: Int32 = SIGKILL) async throws {
    agent.send(signal: signal)
    _ = try await agent.outcome() as ProcessOutcome
  }

  func remora(_ arguments: String..., at site: Site) async throws -> ProcessOutcome {
    try await BuiltProgram.remora(arguments, environment: ["REMORA_CONFIG": configuration(of: site)]).outcome()
  }

  // MARK: Questions

  /// By the socket.
  func client(_ site: Site) -> AgentClient { AgentClient(.socket(path: "\(state(of: site))/admin.sock"), http: http) }

  func status(_ site: Site) async throws -> StatusRow {
    try await client(site).get(AgentRoute.status, as: StatusRow.self)
  }

  func record(_ site: Site) throws -> [String: Any] {
    let path = "\(state(of: site))/epoch.json"
    guard let bytes = FileManager.default.contents(atPath: path) else { return [:] }
    return try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:]
  }

  func until(_ what: String, within limit: Duration = .seconds(180), _ body: () async throws -> Bool) async throws {
    try await Waiting.until(what, within: limit, body) {
      var text = ""
      for site in Site.allCases {
        // One that does not run returns nothing.
        let status = try? await status(site)
        text += "\(site): \(status.map { "\($0.role), epoch \($0.epoch ?? 0), \($0.problems)" } ?? "nothing"); "
      }
      return text
    }
  }

  /// Waits until the copies of a secondary are those of its primary, verified and checked.
  func untilEqual(_ secondary: Site, _ primary: Site, _ ids: [String]) async throws {
    try await until("\(secondary) holds what \(primary) has") {
      let (own, other) = (try await status(secondary), try await status(primary))
      guard own.role == .secondary, own.lastEventId == other.lastEventId, own.jobs.isEmpty else { return false }
      return try own.kinds.allSatisfy { kind in
        kind.count >= ids.count && kind.states["synced"] == kind.count && kind.unchecked == 0
          && kind.verificationStates["succeeded"] == kind.count
      }
        && ids.allSatisfy { id in
          try GitCommand().view(repository(id, at: secondary)) == GitCommand().view(repository(id, at: primary))
        }
    }
  }

  /// Commits to a repository of a primary, and announces it to its agent.
  func push(_ text: String, to id: String, at site: Site) async throws {
    try TestRepository(existing: repository(id, at: site)).change {
      $0.ref("refs/heads/\(text)", at: $0.commit(["b": "\(text)"]))
    }
    let told = try await remora("event", "push", Self.kind, id, at: site)
    guard told.isSuccess else { throw TestSupportError("event push \(id): \(told.errorText)") }
  }

  /// Asks `asked` as the site `asking` does, with any epoch in the token.
  func ask<Value: Decodable & Sendable>(
    _ asked: Site, as asking: Site, epoch: UInt64 = 0, _ path: String, _ order: (any Encodable & Sendable)? = nil,
    for type: Value.Type
  ) async throws -> Value {
    guard let name = SiteName(asking.rawValue) else { throw TestSupportError("'\(asking)' is no site's name") }
    let issuer = await SiteTokenIssuer(
      site: name, audience: SiteName(asked.rawValue), secret: try SiteSecret(file: secret(asked, asking)),
      epoch: { epoch })
    let trusting = BoundedHTTPClient(configuration: .init(caFile: directory.path("ca.pem")))
    let client = AgentClient(
      .url(url(of: asked)), http: trusting, authorization: .signed(TestSigner(issuer: issuer)))
    let result: Result<Value, any Error>
    do {
      if let order {
        result = .success(try await client.post(path, order, as: type))
      } else {
        result = .success(try await client.get(path, as: type))
      }
    } catch {
      result = .failure(error)
    }
    await trusting.shutdown()
    return try result.get()
  }
}

/// Signs as one site for another, and learns the other's start from its refusal.
private final class TestSigner: RequestSigner {
  private let issuer: SiteTokenIssuer
  private let start = Mutex<String?>(nil)

  init(issuer: SiteTokenIssuer) { self.issuer = issuer }

  func authorization(for request: HTTPRequest) async throws -> String? {
    let target = URLComponents(string: request.url).map {
      $0.percentEncodedPath + ($0.percentEncodedQuery.map { "?\($0)" } ?? "")
    }
    let token = try await issuer.token(
      method: request.method.rawValue, pathAndQuery: target ?? "/", bodyDigest: BodyDigest(of: request.body),
      start: start.withLock { $0 }, now: Date())
    return "Bearer \(token)"
  }

  func learns(fromRefusal headers: HTTPHeaderFields) -> Bool {
    guard let told = headers[SiteTokenHeader.start] else { return false }
    start.withLock { $0 = told }
    return true
  }
}
