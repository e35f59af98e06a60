import AgentAPI
import Foundation
import TestSupport
import Testing

/// A pair whose configurations set no interval: scans and comparisons come every minute, so that whatever arrives within
/// seconds came by an event.
@Suite(.serialized) struct DefaultIntervalTests {
  private static let ids = ["group/one", "group/two"]
  /// Less than the default interval of a scan and of a comparison.
  private static let limit = Duration.seconds(50)

  private static func withFixture(
    _ body: (AgentPairFixture, AgentPairClient, ChildProcess, ChildProcess) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory("defaults") { directory in
      let fixture = try AgentPairFixture.forReaders(directory, hasDefaultIntervals: true)
      for id in ids { try fixture.makeSources(id) }
      let (primary, secondary) = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        // After their starts, not after a minute.
        try await pair.untilSettled(count: ids.count, within: limit)
        try await body(fixture, pair, primary, secondary)
      }
    }
  }

  /// Commits to a source.
  private static func commit(_ branch: String, to id: String, _ fixture: AgentPairFixture) throws {
    try TestRepository(existing: fixture.source(id)).change {
      $0.ref("refs/heads/\(branch)", at: $0.commit(["branch": "\(branch)"]))
    }
  }

  @Test func `a push that is announced is copied and verified within seconds`() async throws {
    try await Self.withFixture { fixture, pair, primary, secondary in
      for number in 0..<3 {
        let before = try await pair.status(of: \.secondary)
        try Self.commit("push\(number)", to: Self.ids[number % 2], fixture)
        try await fixture.push(Self.ids[number % 2])
        try await pair.untilEqual(Self.ids[number % 2], fixture, within: Self.limit)
        let after = try await pair.status(of: \.secondary)
        #expect(after.lastEventId != before.lastEventId, "an event has brought it")
        #expect(after.problems == [])
      }
      primary.send(signal: SIGTERM)
      secondary.send(signal: SIGTERM)
      #expect(try await primary.outcome().isSuccess)
      #expect(try await secondary.outcome().isSuccess)
    }
  }

  @Test(arguments: [SIGTERM, SIGKILL])
  func `a secondary that restarts catches up within seconds`(signal: Int32) async throws {
    try await Self.withFixture { fixture, pair, primary, secondary in
      secondary.send(signal: signal)
      _ = try await secondary.outcome()
      try Self.commit("missed", to: Self.ids[0], fixture)
      try await fixture.push(Self.ids[0])
      let again = try fixture.startSecondary()
      try await pair.untilEqual(Self.ids[0], fixture, within: Self.limit)
      // And follows on: the events that come after it too.
      try Self.commit("next", to: Self.ids[1], fixture)
      try await fixture.push(Self.ids[1])
      try await pair.untilEqual(Self.ids[1], fixture, within: Self.limit)
      #expect(try await pair.status(of: \.secondary).problems == [])
      withExtendedLifetime((primary, again)) {}
    }
  }
}
