import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// What is lost, restored from a backup, or not mounted: nothing is removed that should not be, and everything is found again.
@Suite(.serialized) struct LossTests {
  private static func fleet(_ count: Int, _ fixture: AgentPairFixture) throws -> [String] {
    let template = fixture.directory.path("template.git")
    var builder = RepositoryBuilder()
    let first = builder.commit(["a": "one"])
    builder.ref("refs/heads/main", at: builder.commit(["a": "two"], parents: [first]))
    builder.ref("refs/heads/old", at: first)
    _ = try builder.build(at: template)
    let ids = (0..<count).map { "r\($0)" }
    for id in ids { try FileManager.default.copyItem(atPath: template, toPath: fixture.source(id)) }
    return ids
  }

  private static func copies(_ fixture: AgentPairFixture) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path("copies")).count { $0.hasSuffix(".git") }
  }

  private static func expectEqual(_ ids: [String], _ fixture: AgentPairFixture) throws {
    for id in ids {
      let views = (try GitCommand().view(fixture.copy(id)), try GitCommand().view(fixture.source(id)))
      #expect(views.0 == views.1, "\(id)")
    }
  }

  @Test(arguments: [(100, 95), (8, 8)])
  func `when most repositories are gone, their copies wait for a confirmation`(count: Int, gone: Int) async throws {
    try await withTemporaryDirectory("gone") { directory in
      let fixture = try AgentPairFixture(directory)
      let ids = try Self.fleet(count, fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: count)
        for id in ids.prefix(gone) { try FileManager.default.removeItem(atPath: fixture.source(id)) }
        let isEmpty = gone == count
        try await pair.until("removals wait, or the listing is not believed") {
          let kind = try await pair.status(of: \.secondary).kinds.first { $0.name == AgentPairClient.kind }
          return isEmpty ? kind?.isCatalogComplete == false : (kind?.removalsWaiting.count ?? 0) >= gone - 5
        }
        #expect(try Self.copies(fixture) >= count - (isEmpty ? 0 : 5))
        let status = try await fixture.remora(["status"], at: fixture.secondaryConfiguration)
        #expect(status.status == 1)
        #expect(status.text.contains(isEmpty ? "is not complete" : "wait for a confirmation"))
        guard !isEmpty else { return }
        _ = try await fixture.remora(
          ["registry", "confirm-removals", "--kind", AgentPairClient.kind], at: fixture.secondaryConfiguration)
        try await pair.untilSettled(count: count - gone)
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a root that is not mounted removes nothing, and comes back`() async throws {
    try await withTemporaryDirectory("unmounted") { directory in
      let fixture = try AgentPairFixture(directory)
      let ids = try Self.fleet(10, fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 10)
        try FileManager.default.moveItem(atPath: directory.path("sources"), toPath: directory.path("elsewhere"))
        try FileManager.default.createDirectory(
          atPath: directory.path("sources"), withIntermediateDirectories: false)
        try await pair.until("the listing is not believed") {
          try await pair.status(of: \.secondary).kinds.first { $0.name == AgentPairClient.kind }?.isCatalogComplete
            == false
        }
        // An operator's event for a repository that cannot be seen destroys nothing.
        _ = try await fixture.remora(
          ["event", "destroy", AgentPairClient.kind, ids[0]], at: fixture.primaryConfiguration)
        try await pair.until("two more passes") {
          try await pair.status(of: \.primary).lastEventId == pair.status(of: \.secondary).lastEventId
        }
        #expect(try Self.copies(fixture) == 10)
        try FileManager.default.removeItem(atPath: directory.path("sources"))
        try FileManager.default.moveItem(atPath: directory.path("elsewhere"), toPath: directory.path("sources"))
        try await pair.untilSettled(count: 10)
        try Self.expectEqual(ids, fixture)
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a lost registry is rebuilt without downloading what is there`() async throws {
    try await withTemporaryDirectory("registry") { directory in
      let fixture = try AgentPairFixture(directory)
      let ids = try Self.fleet(10, fixture)
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { try await $0.untilSettled(count: 10) }
      secondary.send(signal: SIGTERM)
      #expect(try await secondary.outcome().isSuccess)
      let before = try Self.packs(fixture)
      try FileManager.default.removeItem(atPath: "\(fixture.secondaryState)/registries")
      let again = try fixture.startSecondary()
      try await fixture.asking { try await $0.untilSettled(count: 10) }
      #expect(try Self.packs(fixture) == before)
      try Self.expectEqual(ids, fixture)
      withExtendedLifetime((primary, again)) {}
    }
  }

  /// Returns the packs of all copies by path and inode.
  private static func packs(_ fixture: AgentPairFixture) throws -> [String: UInt64] {
    var found: [String: UInt64] = [:]
    for file in try TemporaryDirectory.files(below: fixture.directory.path("copies")) where file.hasSuffix(".pack") {
      let attributes = try FileManager.default.attributesOfItem(atPath: fixture.directory.path("copies/\(file)"))
      found[file] = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
    }
    return found
  }

  @Test func `a primary's state from an older backup is noticed, also past its old end`() async throws {
    try await withTemporaryDirectory("restored") { directory in
      let fixture = try AgentPairFixture(directory)
      let ids = try Self.fleet(5, fixture)
      var primary = try fixture.startPrimary()
      var secondary = try fixture.startSecondary()
      try await fixture.asking { try await $0.untilSettled(count: 5) }
      primary.send(signal: SIGTERM)
      #expect(try await primary.outcome().isSuccess)
      try FileManager.default.copyItem(atPath: fixture.primaryState, toPath: directory.path("backup"))
      primary = try fixture.startPrimary()
      for id in ids {
        try await GitCommand(in: fixture.source(id)).run("update-ref", "refs/heads/new", "refs/heads/old")
        try await fixture.push(id)
      }
      try await fixture.asking { try await $0.untilSettled(count: 5) }
      for agent in [secondary, primary] {
        agent.send(signal: SIGTERM)
        #expect(try await agent.outcome().isSuccess)
      }
      try FileManager.default.removeItem(atPath: fixture.primaryState)
      try FileManager.default.moveItem(atPath: directory.path("backup"), toPath: fixture.primaryState)
      primary = try fixture.startPrimary()
      // More events than there were, while the secondary does not look.
      for round in 0..<6 {
        for id in ids {
          try await GitCommand(in: fixture.source(id)).run("update-ref", "refs/heads/round\(round)", "refs/heads/main")
          try await fixture.push(id)
        }
      }
      secondary = try fixture.startSecondary()
      try await fixture.asking { try await $0.untilSettled(count: 5) }
      try Self.expectEqual(ids, fixture)
      secondary.send(signal: SIGTERM)
      #expect(try await secondary.outcome().errorText.contains("could not be followed"))
      withExtendedLifetime(primary) {}
    }
  }

  @Test func `a repository that is pushed 500 times at once is synced far less often`() async throws {
    try await withTemporaryDirectory("often") { directory in
      let fixture = try AgentPairFixture(directory)
      _ = try Self.fleet(1, fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        let oids = try ["main", "old"].map { try GitCommand(in: fixture.source("r0")).run("rev-parse", $0).text }
        for number in 0..<500 {
          try directory.write(oids[number % 2] + "\n", to: "sources/r0.git/refs/heads/busy")
          try await pair.primary.post(
            AgentRoute.events, EventNotice(event: .known(.push), replicableName: AgentPairClient.kind, id: "r0"))
        }
        try await pair.untilSettled(count: 1)
        try Self.expectEqual(["r0"], fixture)
        let syncs = try await pair.metric("remora_sync_seconds_count", of: \.secondary)
        #expect(syncs > 0 && syncs < 400)
      }
      withExtendedLifetime(agents) {}
    }
  }
}
