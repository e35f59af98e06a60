import AgentAPI
import AgentClient
import BoundedHTTP
import TestSupport

/// What a running pair says of itself, asked by its sockets.
struct AgentPairClient: Sendable {
  let primary: AgentClient
  let secondary: AgentClient

  static let kind = "project_repository"

  /// Returns an entry of the secondary's registry; `nil` when it is not tracked.
  func entry(_ id: String, of kind: String = kind) async throws -> RegistryRow? {
    let path = AgentRoute.path(AgentRoute.registry(kind), [("id", id)])
    do {
      return try await secondary.get(path, as: RegistryPage.self).entries?.first
    } catch  where error.status == 404 {
      return nil
    }
  }

  func status(of site: KeyPath<AgentPairClient, AgentClient>) async throws -> StatusRow {
    try await self[keyPath: site].get(AgentRoute.status, as: StatusRow.self)
  }

  /// Returns the correlation ids of all events in the primary's log.
  func correlations() async throws -> Set<String> {
    var found: Set<String> = []
    var cursor: String?
    while true {
      let path = AgentRoute.path(AgentRoute.events, [("after", cursor), ("limit", "5000")])
      let page = try await primary.get(path, as: EventPage.self)
      guard !page.events.isEmpty else { return found }
      found.formUnion(page.events.map(\.payload.correlationId))
      cursor = page.cursor
    }
  }

  /// Returns the sum of a metric's samples; 0 where there is none.
  func metric(_ name: String, of site: KeyPath<AgentPairClient, AgentClient>) async throws -> Double {
    try await self[keyPath: site].metric(name)
  }

  /// Asks until the answer is as it should be.
  ///
  /// - Throws: what `body` threw last, or that time ran out, with `what`.
  func until(_ what: String, within limit: Duration = .seconds(180), _ body: () async throws -> Bool) async throws {
    try await Waiting.until(what, within: limit, body, standing: standing)
  }

  /// Returns both statuses, to explain a wait that failed.
  private func standing() async -> String {
    var text = ""
    for site in [\AgentPairClient.primary, \.secondary] {
      // An agent that says nothing says something, too.
      let status = try? await status(of: site)
      text += (status.flatMap { try? AgentJSON.encode($0) }).map { String(decoding: $0, as: UTF8.self) } ?? "nothing"
      text += "; "
    }
    return text
  }

  /// Waits until the secondary has the copy verified, of at least `generation`.
  func untilVerified(_ id: String, of kind: String = kind, within limit: Duration = .seconds(180)) async throws {
    try await until("\(id) verified", within: limit) {
      guard let entry = try await entry(id, of: kind) else { return false }
      return entry.verificationState == .succeeded && entry.state == .synced
    }
  }

  /// Waits until the copy is verified and equals its source.
  func untilEqual(_ id: String, _ fixture: AgentPairFixture, within limit: Duration = .seconds(180)) async throws {
    try await until("\(id) is copied and verified", within: limit) {
      guard try fixture.isCopyEqual(id), let entry = try await entry(id) else { return false }
      return entry.state == .synced && entry.verificationState == .succeeded
    }
  }

  /// Waits until nothing is pending, failed or unverified on the secondary, and it has taken the primary's last event.
  ///
  /// - Parameter look: sees each status of the secondary on the way.
  func untilSettled(
    count: Int? = nil, within limit: Duration = .seconds(300), look: (StatusRow) async throws -> Void = { _ in }
  ) async throws {
    try await until("the pair settled", within: limit) {
      let primary = try await status(of: \.primary)
      let secondary = try await status(of: \.secondary)
      try await look(secondary)
      guard primary.lastEventId == secondary.lastEventId, secondary.jobs.isEmpty else { return false }
      return secondary.kinds.allSatisfy { kind in
        kind.states["synced", default: 0] == kind.count
          && kind.verificationStates["succeeded", default: 0] == kind.count
          && (kind.name != Self.kind || count == nil || count == kind.count)
      }
    }
  }
}

extension AgentPairFixture {
  /// Returns a pair whose secondary accepts readers over the network, as every primary of a fixture does.
  static func forReaders(_ directory: TemporaryDirectory, hasDefaultIntervals: Bool = false) throws -> AgentPairFixture
  {
    var settings = Settings()
    if hasDefaultIntervals { (settings.primary, settings.secondary) = ("", "") }
    settings.secondary += """

      admin_token_file: "\(directory.path("admin.secret"))"
      reader_token_file: "\(directory.path("reader.secret"))"
      """
    return try AgentPairFixture(directory, settings: settings)
  }

  /// Whether a copy and its source look the same to git.
  func isCopyEqual(_ id: String) throws -> Bool { try GitCommand().view(copy(id)) == GitCommand().view(source(id)) }

  /// Makes repositories of one commit at the host.
  func makeSources(_ ids: String...) throws {
    var builder = RepositoryBuilder()
    builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
    for id in ids { _ = try builder.build(at: source(id)) }
  }

  /// Puts a repository that no agent made where the copy of an id is to be: it is never taken over, and the sync fails.
  func makeForeignCopy(_ id: String) throws {
    var builder = RepositoryBuilder()
    builder.ref("refs/heads/own", at: builder.commit(["own": "work"]))
    _ = try builder.build(at: copy(id))
  }

  /// Runs the body with clients of both agents.
  func asking<Result>(_ body: (AgentPairClient) async throws -> Result) async throws -> Result {
    let http = BoundedHTTPClient()
    do {
      let result = try await body(
        AgentPairClient(
          primary: AgentClient(.socket(path: "\(primaryState)/admin.sock"), http: http),
          secondary: AgentClient(.socket(path: "\(secondaryState)/admin.sock"), http: http)))
      await http.shutdown()
      return result
    } catch {
      await http.shutdown()
      throw error
    }
  }
}
