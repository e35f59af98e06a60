import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// A disk that is full and is freed again, on either side: no acknowledged change is lost, no operator has to act.
@Suite(.serialized, .enabled(if: SmallDisk.isPossible, "only root may mount"))
struct DiskTests {
  private static func fleet(_ count: Int, _ fixture: AgentPairFixture) throws -> [String] {
    var builder = RepositoryBuilder()
    let first = builder.commit(["a": "one"])
    builder.ref("refs/heads/main", at: builder.commit(["a": "two"], parents: [first]))
    builder.ref("refs/heads/old", at: first)
    let template = fixture.directory.path("template.git")
    _ = try builder.build(at: template)
    let ids = (0..<count).map { "r\($0)" }
    for id in ids { try FileManager.default.copyItem(atPath: template, toPath: fixture.source(id)) }
    return ids
  }

  private static func expectEqual(_ ids: [String], _ fixture: AgentPairFixture) throws {
    for id in ids {
      let views = (try GitCommand().view(fixture.copy(id)), try GitCommand().view(fixture.source(id)))
      #expect(views.0 == views.1, "\(id)")
    }
  }

  private static func disk(at name: String, _ directory: TemporaryDirectory, megabytes: Int) throws -> SmallDisk {
    try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: true)
    return try SmallDisk(at: directory.path(name), bytes: megabytes << 20)
  }

  @Test(arguments: ["copies", "secondary"])
  func `a secondary whose disk is full says so, and goes on when it is freed`(place: String) async throws {
    try await withTemporaryDirectory("full") { directory in
      // A hundred megabytes: 64 must stay free for a sync to begin.
      let disk = try Self.disk(at: place, directory, megabytes: 100)
      defer { disk.unmount() }
      let fixture = try AgentPairFixture(directory)
      let ids = try Self.fleet(10, fixture)
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 10)
        try disk.fill()
        for id in ids {
          let source = GitCommand(in: fixture.source(id))
          let commit = try await source.run("commit-tree", "-m", "more", "main^{tree}").text
          try await source.run("update-ref", "refs/heads/new", commit)
          try await fixture.push(id)
        }
        try await pair.until("the status says why") {
          let status = try await pair.status(of: \.secondary)
          return !status.isHealthy && status.problems.contains { $0.contains("free") || $0.contains("no space") }
        }
        try disk.free()
        try await pair.untilSettled(count: 10)
        let page = try await pair.secondary.get(
          AgentRoute.path(AgentRoute.registry(AgentPairClient.kind), [("limit", "100")]), as: RegistryPage.self)
        #expect(page.entries?.allSatisfy { $0.retryCount == 0 } == true, "it was nobody's failure but the disk's")
      }
      try Self.expectEqual(ids, fixture)
      #expect(secondary.isRunning)
      withExtendedLifetime(primary) {}
    }
  }

  @Test func `a full state is shown as this machine's trouble, the same at every look`() async throws {
    try await withTemporaryDirectory("full") { directory in
      let disk = try Self.disk(at: "secondary", directory, megabytes: 30)
      defer { disk.unmount() }
      let fixture = try AgentPairFixture(directory)
      let ids = try Self.fleet(10, fixture)
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 10)
        try disk.fill()
        for id in ids {
          let source = GitCommand(in: fixture.source(id))
          try await source.run("update-ref", "refs/heads/main", "refs/heads/old")
          try await fixture.push(id)
        }
        try await pair.until("the status says so") {
          try await pair.status(of: \.secondary).problems.contains { $0.contains("this machine cannot") }
        }
        for _ in 0..<30 {
          let status = try await pair.status(of: \.secondary)
          #expect(!status.isHealthy && status.problems.contains { $0.contains("this machine") || $0.contains("rests") })
          #expect(!status.problems.contains { $0.contains("the primary does not answer") }, "\(status.problems)")
          try await Task.sleep(for: .milliseconds(500))
        }
        try disk.free()
        try await pair.untilSettled(count: 10)
        try await pair.until("nothing needs a person") { try await pair.status(of: \.secondary).isHealthy }
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }

  @Test func `a primary whose disk is full acknowledges nothing that it cannot keep`() async throws {
    try await withTemporaryDirectory("full") { directory in
      let disk = try Self.disk(at: "primary", directory, megabytes: 20)
      defer { disk.unmount() }
      let fixture = try AgentPairFixture(directory)
      let ids = try Self.fleet(5, fixture)
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 5)
        try disk.fill()
        var acknowledged: Set<String> = []
        for id in ids {
          let source = GitCommand(in: fixture.source(id))
          try await source.run("update-ref", "refs/heads/main", "refs/heads/old")
          let notice = EventNotice(
            event: .known(.push), replicableName: AgentPairClient.kind, id: id, correlationId: "of-\(id)")
          // Refused, as it should be.
          if (try? await pair.primary.post(AgentRoute.events, notice)) != nil { acknowledged.insert("of-\(id)") }
        }
        #expect(acknowledged.count < ids.count, "what was acknowledged must be on the disk")
        try disk.free()
        // What was refused, the scan finds.
        try await pair.untilSettled(count: 5)
        try await pair.until("all of it arrived") {
          try ids.allSatisfy { try fixture.isCopyEqual($0) }
        }
        try await fixture.push(ids[0])
        let log = try await pair.correlations()
        #expect(acknowledged.isSubset(of: log))
      }
      #expect(primary.isRunning)
      withExtendedLifetime(secondary) {}
    }
  }
}
