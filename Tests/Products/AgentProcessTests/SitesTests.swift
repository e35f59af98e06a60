import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// The status of all sites, as each of them reports it, and under Geo's names.
@Suite(.serialized) struct SitesTests {
  /// Returns the objects of `GET /geo_nodes/status`, by the name of their site.
  private static func nodes(_ client: AgentClient) async throws -> [String: [String: Any]] {
    let answer = try await client.bytes(AgentRoute.nodeStatus)
    let rows = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [[String: Any]] ?? []
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as? String ?? "", $0) })
  }

  private static func sites(_ client: AgentClient) async throws -> [SiteRow] {
    try await client.get(AgentRoute.sites, as: SitesPage.self).sites
  }

  @Test func `both sites show their numbers under Geo's names, and the primary those of its secondary`() async throws {
    try await withTemporaryDirectory("nodes") { directory in
      let fixture = try AgentPairFixture(directory)
      try fixture.makeSources("one", "two")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 2)
        try await pair.until("the secondary has told that it is done", within: .seconds(180)) {
          try await Self.sites(pair.primary).last?.status?.kinds.first?.verificationStates["succeeded"] == 2
        }
        let nodes = try await Self.nodes(pair.primary)
        let (main, berlin) = (try #require(nodes["main"]), try #require(nodes["berlin"]))
        #expect(main["primary"] as? Bool == true && berlin["primary"] as? Bool == false)
        #expect(main["healthy"] as? Bool == true && main["health"] as? String == "Healthy")
        #expect(main["project_repositories_count"] as? Int == 2)
        #expect(main["project_repositories_checksummed_count"] as? Int == 2)
        #expect(main["project_repositories_synced_count"] is NSNull)
        #expect(berlin["project_repositories_registry_count"] as? Int == 2)
        #expect(berlin["project_repositories_synced_count"] as? Int == 2)
        #expect(berlin["project_repositories_failed_count"] as? Int == 0)
        #expect(berlin["project_repositories_verified_in_percentage"] as? String == "100.00%")
        #expect(berlin["project_repositories_checksummed_count"] is NSNull)
        #expect(Set(main.keys) == Set(berlin.keys))
        // The log's end, and when it was written.
        #expect(main["last_event_id"] as? Int == berlin["last_event_id"] as? Int)
        let written = try #require(main["last_event_timestamp"] as? Double)
        #expect(abs(Date().timeIntervalSince1970 - written) < 600)
        let own = try #require(try await Self.nodes(pair.secondary)["berlin"])
        #expect(own["project_repositories_synced_count"] as? Int == 2)
        let one = try await pair.primary.bytes(AgentRoute.nodeStatus(of: "berlin"))
        #expect(try JSONSerialization.jsonObject(with: Data(one.body)) as? [String: Any] != nil)
        await #expect(throws: AgentFault.self) { try await pair.primary.bytes(AgentRoute.nodeStatus(of: "rome")) }
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test(.enabled(if: WrongClock.isPossible, "it takes a C compiler to shift the clock of a process"))
  func `a site that tells nothing for ten minutes is unhealthy, also after a restart of its primary`() async throws {
    try await withTemporaryDirectory("silent") { directory in
      let clock = try WrongClock(directory)
      var settings = AgentPairFixture.Settings()
      settings.primaryEnvironment = clock.environment
      let fixture = try AgentPairFixture(directory, settings: settings)
      try fixture.makeSources("one")
      var primary = try fixture.startPrimary()
      try await fixture.asking { pair in
        try await pair.until("the primary answers") { try await Self.sites(pair.primary).count == 2 }
        #expect(try await Self.sites(pair.primary).last?.health == .unknown)
        let secondary = try fixture.startSecondary()
        try await pair.until("the secondary has told that it is well", within: .seconds(180)) {
          try await Self.sites(pair.primary).last?.health == .healthy
        }
        secondary.send(signal: SIGKILL)
        _ = try await secondary.outcome(within: .seconds(60))
        try clock.set(700)
        try await pair.until("its silence is told") {
          let row = try await Self.sites(pair.primary).last
          return row?.health == .unhealthy && row?.problems.first?.contains("has not reported its status since") == true
        }
        let told = try #require(try await Self.sites(pair.primary).last?.status)
        let node = try #require(try await Self.nodes(pair.primary)["berlin"])
        #expect(node["healthy"] as? Bool == false && node["health_status"] as? String == "Unhealthy")
        primary.send(signal: SIGKILL)
        _ = try await primary.outcome(within: .seconds(60))
        primary = try fixture.startPrimary()
        try await pair.until("what it told last is known after a restart") {
          let row = try await Self.sites(pair.primary).last
          return row?.health == .unhealthy && row?.status == told
        }
      }
      withExtendedLifetime(primary) {}
    }
  }

  @Test func `a report of another site, or of a person, is refused`() async throws {
    try await withTemporaryDirectory("reports") { directory in
      let fixture = try AgentPairFixture(directory)
      let primary = try fixture.startPrimary()
      try await fixture.asking { pair in
        try await pair.until("the primary answers") { try await !Self.sites(pair.primary).isEmpty }
        let report = StatusRow(site: "berlin", role: .secondary, version: "1", startedAt: "2026-01-01T00:00:00Z")
        let refused = await #expect(throws: AgentFault.self) {
          try await pair.primary.post(AgentRoute.siteReport, report)
        }
        #expect(refused?.status == 403)
      }
      withExtendedLifetime(primary) {}
    }
  }
}
