import Agent
import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import Logging
import Replication
import Synchronization
import TestSupport

@testable import AgentServer

/// A primary and a secondary in one process, with their directories.
struct PairGround: Sendable {
  let directory: TemporaryDirectory
  static let token = "a.shared.token"

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

  private func kind(_ root: String) throws -> KindConfiguration {
    try KindConfiguration(name: "project_repository", strategy: "repository", root: directory.path(root))
  }

  /// Runs both, and the body beside them; ends both.
  func run(_ body: @escaping @Sendable (Pair) async throws -> Void) async throws {
    let logger = Logger(label: "remora")
    let access = AccessControl(
      site: { token, _, _, _ in
        guard token == Self.token else { throw AgentFault(401, "unauthorized", "wrong token") }
        return "berlin"
      })
    let port = Mutex(0)
    let ready = AsyncStream<Int>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      let primary = AgentPlan(
        site: "main", role: .primary(secondaries: ["berlin"]), state: directory.path("primary"),
        kinds: [try kind("sources")])
      group.addTask {
        try await AgentProcess.run(
          primary, doors: AgentDoors(port: 0, access: access, servesContent: true), logger: logger,
          environment: .system
        ) { ready.continuation.yield($0) }
      }
      for await number in ready.stream {
        port.withLock { $0 = number }
        break
      }
      let url = "http://127.0.0.1:\(port.withLock { $0 })"
      var secondary = AgentPlan(
        site: "berlin",
        role: .secondary(
          of: .init(url: url, authorization: .bearer(Self.token), signer: { _ in "Bearer \(Self.token)" })),
        state: directory.path("secondary"), kinds: [try kind("copies")])
      secondary.consistencyInterval = .seconds(1)
      let plan = secondary
      group.addTask {
        try await AgentProcess.run(
          plan, doors: AgentDoors(port: 0, access: AccessControl(), servesContent: false), logger: logger,
          environment: .system
        ) { ready.continuation.yield($0) }
      }
      for await _ in ready.stream { break }
      let http = BoundedHTTPClient()
      let pair = Pair(
        primary: AgentClient(.socket(path: directory.path("primary/admin.sock")), http: http),
        secondary: AgentClient(.socket(path: directory.path("secondary/admin.sock")), http: http))
      do {
        try await body(pair)
      } catch {
        await http.shutdown()
        group.cancelAll()
        throw error
      }
      await http.shutdown()
      group.cancelAll()
      while let result = await group.nextResult() {
        if case .failure(let error) = result, !(error is CancellationError) { throw error }
      }
    }
  }
}

/// Both agents by their sockets.
struct Pair: Sendable {
  let primary: AgentClient
  let secondary: AgentClient

  func push(_ id: String) async throws {
    try await primary.post(
      AgentRoute.events, EventNotice(event: "push", replicableName: "project_repository", id: id))
  }

  func entry(_ id: String) async throws -> RegistryRow? {
    let path = AgentRoute.path(AgentRoute.registry("project_repository"), [("id", id)])
    return try await secondary.get(path, as: RegistryPage.self).entries?.first
  }

  /// Waits until the secondary holds what the primary's last event announced, and has verified it.
  func untilVerified(_ id: String) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      let state = try? await primary.get(
        AgentRoute.path(AgentRoute.registry("project_repository"), [("id", id)]), as: RegistryPage.self
      ).states?.first
      if let state, let entry = try? await entry(id), entry.verificationState == "succeeded",
        state.generation == nil || state.generation == entry.held
      {
        return
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw TestSupportError("'\(id)' was not verified in time: \(String(describing: try? await entry(id)))")
  }
}
