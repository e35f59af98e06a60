import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

@testable import AgentServer

/// What a load balancer is answered, and what is served of what is listed.
@Suite(.serialized) struct ReadinessTests {
  @Test func `a secondary is ready once it was compared, and says so everywhere alike`() async throws {
    try await withTemporaryDirectory("ready") { directory in
      let fixture = try PairFixture(directory)
      _ = try fixture.repository("group/project")
      try await fixture.run { pair in
        try await pair.untilVerified("group/project")
        let answer = try await pair.secondary.bytes(AgentRoute.readiness)
        #expect(String(decoding: answer.body, as: UTF8.self) == "ready\n")
        let status = try await pair.secondary.get(AgentRoute.status, as: StatusRow.self)
        #expect(status.isReady == true && status.obstacles == [] && status.kinds[0].comparedAt != nil)
        _ = try await pair.primary.bytes(AgentRoute.readiness)
        // A kind that is off is replicated no more, and a site with nothing else is not ready.
        try await pair.secondary.post(
          AgentRoute.features, FeatureRow(name: "geo_project_repository_replication", isEnabled: false))
        let off = try await pair.secondary.get(AgentRoute.status, as: StatusRow.self)
        #expect(off.isReady == false && !off.isHealthy)
        #expect(off.kinds[0].states.isEmpty && off.kinds[0].notReplicated == ["feature_off": 1])
        try await Self.untilNotReady(pair.secondary)
      }
    }
  }

  /// Waits until the site is not ready; the answer may be half a second old.
  private static func untilNotReady(_ client: AgentClient) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      do {
        _ = try await client.bytes(AgentRoute.readiness)
      } catch {
        #expect(error.status == 503)
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw TestSupportError("the secondary went on to call itself ready")
  }

  @Test func `a repository whose directory has no .git is listed, served and copied`() async throws {
    try await withTemporaryDirectory("plain") { directory in
      let fixture = try PairFixture(directory)
      let source = try fixture.repository("project")
      try FileManager.default.moveItem(
        atPath: directory.path("sources/project.git"), toPath: directory.path("sources/project"))
      try await fixture.run { pair in
        try await pair.untilVerified("project")
        #expect(
          try fixture.copy("project").view() == TestRepository(existing: directory.path("sources/project")).view())
      }
      withExtendedLifetime(source) {}
    }
  }

  @Test func `a repository that breaks is named on both sides, and its copy stays`() async throws {
    try await withTemporaryDirectory("broken") { directory in
      let fixture = try PairFixture(directory)
      for id in ["whole", "broken"] { _ = try fixture.repository(id) }
      try await fixture.run { pair in
        for id in ["whole", "broken"] { try await pair.untilVerified(id) }
        try FileManager.default.removeItem(atPath: directory.path("sources/broken.git/HEAD"))
        // The next listing finds it: a comparison of the secondary asks for one when the last is older than the scan's interval.
        let path = AgentRoute.path(AgentRoute.standing("project_repository"), [("id", "broken")])
        let standing = try await pair.primary.get(path, as: ReplicableStatusRow.self)
        #expect(standing.standing == .unknown && standing.notOffered == .broken)
        try await pair.secondary.post(
          AgentRoute.registryAction("project_repository"), RegistryAction(.reverify, ids: ["broken"]))
        let deadline = ContinuousClock.now + .seconds(90)
        // A comparison with a catalog that was listed before the damage offers it once more, until its sync has asked.
        var isNamed = false
        while !isNamed, ContinuousClock.now < deadline {
          let entry = try #require(try await pair.entry("broken"))
          let status = try await pair.secondary.get(AgentRoute.status, as: StatusRow.self)
          isNamed =
            entry.notOffered == .broken && entry.verificationState == .disabled && !status.isHealthy
            && status.kinds[0].notReplicated == ["broken": 1]
            && status.kinds[0].verificationStates == ["succeeded": 1]
          if !isNamed { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(isNamed)
        #expect(FileManager.default.fileExists(atPath: directory.path("copies/broken.git/HEAD")))
      }
    }
  }
}
