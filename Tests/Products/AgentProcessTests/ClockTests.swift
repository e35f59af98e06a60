import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// A clock that is wrong, or jumps, on one of two sites: it is reported until it is right again, and no copy is called
/// different because of it.
@Suite(.serialized, .enabled(if: WrongClock.isPossible, "it takes a C compiler to shift the clock of a process"))
struct ClockTests {
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

  private static func push(_ ids: [String], _ branch: String, _ fixture: AgentPairFixture, _ pair: AgentPairClient)
    async throws
  {
    for id in ids {
      try await GitCommand(in: fixture.source(id)).run("update-ref", "refs/heads/\(branch)", "refs/heads/old")
      try await pair.primary.post(
        AgentRoute.events, EventNotice(event: .known(.push), replicableName: AgentPairClient.kind, id: id))
    }
  }

  private static func expectEqual(_ ids: [String], _ fixture: AgentPairFixture) throws {
    for id in ids {
      let views = (try GitCommand().view(fixture.copy(id)), try GitCommand().view(fixture.source(id)))
      #expect(views.0 == views.1, "\(id)")
    }
  }

  @Test(arguments: [("primary", 300), ("primary", -300), ("secondary", 300), ("secondary", -300)])
  func `a clock that is five minutes off is told, and all goes on when it is right`(site: String, offset: Int)
    async throws
  {
    try await withTemporaryDirectory("clock") { directory in
      let clock = try WrongClock(directory)
      var settings = AgentPairFixture.Settings()
      if site == "primary" {
        settings.primaryEnvironment = clock.environment
      } else {
        settings.secondaryEnvironment = clock.environment
      }
      let fixture = try AgentPairFixture(directory, settings: settings)
      let ids = try Self.fleet(10, fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 10)
        // In the middle of the work.
        try clock.set(offset)
        try await Self.push(ids, "while-wrong", fixture, pair)
        try await pair.until("the status says that the clocks differ") {
          let status = try await pair.status(of: \.secondary)
          return status.problems.contains { $0.contains("clock") }
        }
        #expect(try await fixture.remora(["status"], at: fixture.secondaryConfiguration).status == 1)
        try clock.set(0)
        try await Self.push(ids, "right-again", fixture, pair)
        try await pair.untilSettled(count: 10) { status in
          for kind in status.kinds { #expect(kind.mismatched == 0, "a false mismatch") }
        }
      }
      try Self.expectEqual(ids, fixture)
      withExtendedLifetime(agents) {}
    }
  }

  @Test(arguments: ["primary", "secondary"])
  func `a clock that jumps loses nothing and waits for nothing`(site: String) async throws {
    try await withTemporaryDirectory("jumps") { directory in
      let clock = try WrongClock(directory)
      var settings = AgentPairFixture.Settings()
      if site == "primary" {
        settings.primaryEnvironment = clock.environment
      } else {
        settings.secondaryEnvironment = clock.environment
      }
      let fixture = try AgentPairFixture(directory, settings: settings)
      let ids = try Self.fleet(10, fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 10)
        // An hour ahead and a day back, again and again; right only for a moment in between.
        for (round, offset) in [3_600, 0, -86_400, 0, 300, -300, 30 * 86_400, 0].enumerated() {
          try clock.set(offset)
          try await Self.push(ids, "round\(round)", fixture, pair)
        }
        try await pair.untilSettled(count: 10) { status in
          for kind in status.kinds { #expect(kind.mismatched == 0 && kind.removalsWaiting.isEmpty) }
        }
      }
      try Self.expectEqual(ids, fixture)
      withExtendedLifetime(agents) {}
    }
  }
}
