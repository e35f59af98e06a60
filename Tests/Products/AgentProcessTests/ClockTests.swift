import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// A clock that is wrong, or jumps, on one of two sites: it is reported until it is right again, and no copy is called
/// different because of it.
@Suite(.serialized, .enabled(if: WrongClock.isPossible, "it takes a C compiler to shift the clock of a process"))
struct ClockTests {
  private static func fleet(_ count: Int, _ rig: AgentRig) throws -> [String] {
    var builder = RepositoryBuilder()
    let first = builder.commit(["a": "one"])
    builder.ref("refs/heads/main", at: builder.commit(["a": "two"], parents: [first]))
    builder.ref("refs/heads/old", at: first)
    let template = rig.directory.path("template.git")
    _ = try builder.build(at: template)
    let ids = (0..<count).map { "r\($0)" }
    for id in ids { try FileManager.default.copyItem(atPath: template, toPath: rig.source(id)) }
    return ids
  }

  private static func push(_ ids: [String], _ branch: String, _ rig: AgentRig, _ pair: RigQuestions) async throws {
    for id in ids {
      try await GitCommand(in: rig.source(id)).run("update-ref", "refs/heads/\(branch)", "refs/heads/old")
      try await pair.primary.post(
        AgentRoute.events, EventNotice(event: "push", replicableName: RigQuestions.kind, id: id))
    }
  }

  private static func expectEqual(_ ids: [String], _ rig: AgentRig) throws {
    for id in ids {
      let views = (try GitCommand().view(rig.copy(id)), try GitCommand().view(rig.source(id)))
      #expect(views.0 == views.1, "\(id)")
    }
  }

  @Test(arguments: [("primary", 300), ("primary", -300), ("secondary", 300), ("secondary", -300)])
  func `a clock that is five minutes off is told, and all goes on when it is right`(site: String, offset: Int)
    async throws
  {
    try await withTemporaryDirectory("clock") { directory in
      let clock = try WrongClock(directory)
      var settings = AgentRig.Settings()
      if site == "primary" {
        settings.primaryEnvironment = clock.environment
      } else {
        settings.secondaryEnvironment = clock.environment
      }
      let rig = try AgentRig(directory, settings: settings)
      let ids = try Self.fleet(10, rig)
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      try await rig.asking { pair in
        try await pair.untilSettled(count: 10)
        // In the middle of the work.
        try clock.set(offset)
        try await Self.push(ids, "while-wrong", rig, pair)
        try await pair.until("the status says that the clocks differ") {
          let status = try await pair.status(of: \.secondary)
          return status.problems.contains { $0.contains("clock") }
        }
        #expect(try await rig.remora(["status"], at: rig.secondaryConfiguration).status == 1)
        try clock.set(0)
        try await Self.push(ids, "right-again", rig, pair)
        try await pair.untilSettled(count: 10) { status in
          for kind in status.kinds { #expect(kind.mismatched == 0, "a false mismatch") }
        }
      }
      try Self.expectEqual(ids, rig)
      withExtendedLifetime(agents) {}
    }
  }

  @Test(arguments: ["primary", "secondary"])
  func `a clock that jumps loses nothing and waits for nothing`(site: String) async throws {
    try await withTemporaryDirectory("jumps") { directory in
      let clock = try WrongClock(directory)
      var settings = AgentRig.Settings()
      if site == "primary" {
        settings.primaryEnvironment = clock.environment
      } else {
        settings.secondaryEnvironment = clock.environment
      }
      let rig = try AgentRig(directory, settings: settings)
      let ids = try Self.fleet(10, rig)
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      try await rig.asking { pair in
        try await pair.untilSettled(count: 10)
        // An hour ahead and a day back, again and again; right only for a moment in between.
        for (round, offset) in [3_600, 0, -86_400, 0, 300, -300, 30 * 86_400, 0].enumerated() {
          try clock.set(offset)
          try await Self.push(ids, "round\(round)", rig, pair)
        }
        try await pair.untilSettled(count: 10) { status in
          for kind in status.kinds { #expect(kind.mismatched == 0 && kind.removalsWaiting.isEmpty) }
        }
      }
      try Self.expectEqual(ids, rig)
      withExtendedLifetime(agents) {}
    }
  }
}
