import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import TestSupport

/// A secondary without a primary, over git's own HTTP server: `sources` is what the host holds, `copies` what the secondary makes of
/// it.
struct LoneSecondary: Sendable {
  let directory: TemporaryDirectory
  let host: GitHTTPServer
  let agent: AgentClient

  var configuration: String { directory.path("secondary.yaml") }
  func source(_ id: String) -> String { directory.path("sources/\(id).git") }
  func copy(_ id: String) -> String { directory.path("copies/\(id).git") }

  /// Runs the body with the host up, `sources` made by `prepare` and the agent running, and ends the agent that it returns.
  ///
  /// - Parameters:
  ///   - kind: what the kind says beside its root; YAML lines without indentation, with the host's address for `HOST` and the
  ///     directory of it all for `HERE`.
  ///   - settings: the same of the whole.
  static func run(
    kind: String, settings: String = "poll: { min_interval: 1s, per_minute: 6000 }",
    prepare: (LoneSecondary) async throws -> Void, _ body: (LoneSecondary, ChildProcess) async throws -> ChildProcess
  ) async throws {
    try await withTemporaryDirectory("lone") { directory in
      for name in ["sources", "copies"] {
        try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: true)
      }
      var options = GitHTTPServer.Options()
      options.extraConfiguration = "location = /manifest.js { root \(directory.path("sources")); }"
      let host = try GitHTTPServer(root: directory.path("sources"), options: options)
      defer { host.stop() }
      let http = BoundedHTTPClient()
      let lone = LoneSecondary(
        directory: directory, host: host,
        agent: AgentClient(.socket(path: directory.path("state/admin.sock")), http: http))
      let indented = kind.replacingOccurrences(of: "HOST", with: host.base)
        .replacingOccurrences(of: "HERE", with: directory.path("")).split(separator: "\n")
        .map { "    \($0)" }.joined(separator: "\n")
      try directory.write(
        """
        site: { name: berlin, role: secondary }
        state: "\(directory.path("state"))"
        listen: 127.0.0.1:0
        consistency: { interval: 1s }
        replicables:
          project_repository:
            strategy: repository
            root: "\(directory.path("copies"))"
        \(indented)
        \(settings)

        """, to: "secondary.yaml")
      do {
        try await prepare(lone)
        let agent = try await body(lone, try lone.start())
        agent.send(signal: SIGTERM)
        let end = try await agent.outcome()
        guard end.isSuccess else { throw TestSupportError("the agent ended badly: \(end.errorText)") }
      } catch {
        await http.shutdown()
        throw error
      }
      await http.shutdown()
    }
  }

  func start() throws -> ChildProcess {
    let agent = try ChildProcess(
      try BuiltProgram.path("remora"), ["agent", "--config", configuration],
      environment: ChildProcess.isolatedEnvironment())
    guard agent.waitUntil(printed: "and listens on") else {
      agent.kill()
      throw TestSupportError("the agent did not start: \(try agent.outcome().errorText)")
    }
    return agent
  }

  func status() async throws -> StatusRow { try await agent.get(AgentRoute.status, as: StatusRow.self) }

  /// Returns the sum of the samples of a metric that begin so.
  func metric(_ name: String) async throws -> Double {
    try await agent.metric(name)
  }

  /// Asks until it is so.
  func until(_ what: String, within limit: Duration = .seconds(180), _ body: () async throws -> Bool) async throws {
    try await Waiting.until(what, within: limit, body) {
      (try? await status()).flatMap { try? AgentJSON.encode($0) }.map { String(decoding: $0, as: UTF8.self) }
        ?? "nothing"
    }
  }

  /// Waits until so many copies are there, each equal to its source and verified.
  func untilVerified(_ ids: [String]) async throws {
    try await until("\(ids.count) verified") {
      guard let kind = try await status().kinds.first, kind.count == ids.count else { return false }
      return kind.states["synced"] == ids.count && kind.verificationStates["succeeded"] == ids.count
        && ids.allSatisfy { isEqual($0) }
    }
  }

  /// A copy that is not there is not equal.
  func isEqual(_ id: String) -> Bool {
    guard let copy = try? GitCommand().view(copy(id)), let source = try? GitCommand().view(source(id)) else {
      return false
    }
    return copy == source
  }
}
