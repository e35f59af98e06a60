import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// `fixtures/formats/state-0.1` is what a pair of the first version left behind: every later version goes on from there.
@Suite(.serialized) struct StateFixtureTests {
  @Test func `the state of the first version is read and goes on`() async throws {
    try await withTemporaryDirectory("state") { directory in
      let fixture = try AgentPairFixture(directory)
      for (name, state) in [("primary", fixture.primaryState), ("secondary", fixture.secondaryState)] {
        try FileManager.default.copyItem(atPath: Fixtures.url("formats/state-0.1/\(name)").path, toPath: state)
        guard chmod(state, 0o700) == 0 else { throw TestSupportError("chmod \(state)") }
      }
      // Its repositories are not here, and an empty root is no reason to forget them.
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        let page = try await pair.secondary.get(AgentRoute.registry(AgentPairClient.kind), as: RegistryPage.self)
        let entries = page.entries ?? []
        #expect(entries.map(\.modelRecordId) == ["a/moved", "a/one"])
        #expect(entries.allSatisfy { $0.incarnation != nil && $0.lastSyncedAt != nil })
        let primary = try fixture.startPrimary()
        let status = try await pair.status(of: \.primary)
        #expect((status.lastEventId ?? 0) >= 10)
        let events = try await pair.primary.get(
          AgentRoute.path(AgentRoute.events, [("limit", "100")]), as: EventPage.self)
        #expect(events.events.contains { $0.eventName == "updated" && $0.payload.modelRecordId == "a/one" })
        let states = try await pair.primary.get(AgentRoute.registry(AgentPairClient.kind), as: RegistryPage.self)
        #expect(states.states?.map(\.modelRecordId) == ["a/moved", "a/one"])
        withExtendedLifetime(primary) {}
      }
      withExtendedLifetime(secondary) {}
    }
  }
}
