import Agent
import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import Logging
import MetricsExposition
import Replication
import SiteAssembly
import SiteTokens
import TestSupport
import Testing

@testable import AgentServer

/// A primary and a secondary in one process, with their directories.
struct PairFixture: Sendable {
  let directory: TemporaryDirectory

  init(_ directory: TemporaryDirectory) throws {
    self.directory = directory
    for name in ["sources", "copies", "primary", "secondary"] {
      try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: true)
    }
  }

  func repository(_ id: String) throws -> TestRepository {
    var builder = RepositoryBuilder()
    builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
    return try builder.build(at: directory.path("sources/\(id).git"))
  }

  func copy(_ id: String) -> TestRepository { TestRepository(existing: directory.path("copies/\(id).git")) }

  private func kind(_ root: String) throws -> KindPlan {
    KindPlan(try KindConfiguration(name: "project_repository", strategy: "repository", root: directory.path(root)))
  }

  private func secret() throws -> SiteSecret {
    let path = directory.path("berlin.secret")
    return FileManager.default.fileExists(atPath: path)
      ? try SiteSecret(file: path) : try SiteSecret.generate(at: path)
  }

  private func primary() async throws -> (AgentPlan, AgentListeners) {
    let names = (main: try #require(SiteName("main")), berlin: try #require(SiteName("berlin")))
    let plan = AgentPlan(
      site: "main", role: .primary(secondaries: ["berlin"]), state: directory.path("primary"),
      kinds: [try kind("sources")])
    let verifier = await SiteTokenVerifier(audience: names.main, sites: [names.berlin: try secret()])
    return (
      plan, AgentListeners(port: 0, access: AccessControl(verifier: verifier, now: { Date() }), servesReaders: true)
    )
  }

  private func secondary(of port: Int) async throws -> (AgentPlan, AgentListeners) {
    let url = "http://127.0.0.1:\(port)"
    let issuer = await SiteTokenIssuer(
      site: try #require(SiteName("berlin")), audience: nil, secret: try secret(), epoch: { 0 })
    let signer = SiteSigner(url: url, issuer: issuer, now: { Date() })
    var plan = AgentPlan(
      site: "berlin", role: .secondary(of: .init(url: url, signer: signer)), state: directory.path("secondary"),
      kinds: [try kind("copies")])
    plan.consistencyInterval = .seconds(1)
    return (plan, AgentListeners(port: 0, access: AccessControl(now: { Date() }), servesReaders: false))
  }

  /// Runs both, and the body beside them; ends both.
  func run(_ body: @escaping @Sendable (Pair) async throws -> Void) async throws {
    let logger = Logger(label: "remora")
    let opened = AsyncStream<Int>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (primary, primaryDoors) = try await primary()
      group.addTask {
        try await AgentProcess.run(
          primary, doors: primaryDoors, metrics: MetricsRegistry(), logger: logger, environment: .system,
          opened: { opened.continuation.yield($0) })
        opened.continuation.finish()
      }
      var ports = opened.stream.makeAsyncIterator()
      guard let port = await ports.next() else { throw TestSupportError("the primary did not open") }
      let (secondary, secondaryDoors) = try await secondary(of: port)
      group.addTask {
        try await AgentProcess.run(
          secondary, doors: secondaryDoors, metrics: MetricsRegistry(), logger: logger, environment: .system,
          opened: { opened.continuation.yield($0) })
        opened.continuation.finish()
      }
      guard await ports.next() != nil else { throw TestSupportError("the secondary did not open") }
      let http = BoundedHTTPClient()
      let pair = Pair(
        primary: AgentClient(.socket(path: directory.path("primary/admin.sock")), http: http),
        secondary: AgentClient(.socket(path: directory.path("secondary/admin.sock")), http: http))
      let result: Result<Void, any Error>
      do { result = .success(try await body(pair)) } catch { result = .failure(error) }
      await http.shutdown()
      group.cancelAll()
      while let ended = await group.nextResult() {
        if case .failure(let error) = ended, !(error is CancellationError) { throw error }
      }
      try result.get()
    }
  }
}

/// Both agents by their sockets.
struct Pair: Sendable {
  let primary: AgentClient
  let secondary: AgentClient

  func push(_ id: String) async throws {
    try await primary.post(
      AgentRoute.events, EventNotice(event: .known(.push), replicableName: "project_repository", id: id))
  }

  func entry(_ id: String) async throws -> RegistryRow? {
    let path = AgentRoute.path(AgentRoute.registry("project_repository"), [("id", id)])
    return try await secondary.get(path, as: RegistryPage.self).entries?.first
  }

  /// Waits until the secondary holds what the primary's last event announced, and has verified it.
  func untilVerified(_ id: String) async throws {
    let deadline = ContinuousClock.now + .seconds(90)
    while ContinuousClock.now < deadline {
      let state = try? await primary.get(
        AgentRoute.path(AgentRoute.registry("project_repository"), [("id", id)]), as: RegistryPage.self
      ).states?.first
      if let state, let entry = try? await entry(id), entry.verificationState == .succeeded,
        state.generation == nil || state.generation == entry.held
      {
        return
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw TestSupportError("'\(id)' was not verified in time: \(String(describing: try? await entry(id)))")
  }
}
