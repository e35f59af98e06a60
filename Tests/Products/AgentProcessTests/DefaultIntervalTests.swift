import AgentAPI
import Foundation
import TestSupport
import Testing

/// A pair whose configurations set no interval: scans and comparisons come every minute, so that whatever arrives within
/// seconds came by an event.
@Suite(.serialized) struct DefaultIntervalTests {
  private static let ids = ["group/one", "group/two"]
  /// Less than the default interval of a scan and of a comparison.
  private static let limit = Duration.seconds(30)

  private static func withRig(
    _ body: (AgentRig, RigQuestions, ChildProcess, ChildProcess) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory("defaults") { directory in
      let rig = try AgentRig.forPeople(directory, hasDefaultIntervals: true)
      for id in ids { try rig.makeSources(id) }
      let (primary, secondary) = (try rig.startPrimary(), try rig.startSecondary())
      try await rig.asking { pair in
        // After their starts, not after a minute.
        try await pair.untilSettled(count: ids.count, within: limit)
        try await body(rig, pair, primary, secondary)
      }
    }
  }

  /// Commits to a source.
  private static func commit(_ branch: String, to id: String, _ rig: AgentRig) throws {
    try TestRepository(existing: rig.source(id)).change {
      $0.ref("refs/heads/\(branch)", at: $0.commit(["branch": "\(branch)"]))
    }
  }

  private static func untilArrived(_ id: String, _ rig: AgentRig, _ pair: RigQuestions) async throws {
    try await pair.until("the push to \(id) is copied and verified", within: limit) {
      guard try GitCommand().view(rig.copy(id)) == GitCommand().view(rig.source(id)) else { return false }
      guard let entry = try await pair.entry(id) else { return false }
      return entry.state == .synced && entry.verificationState == .succeeded
    }
  }

  @Test func `a push that is announced is copied and verified within seconds`() async throws {
    try await Self.withRig { rig, pair, primary, secondary in
      for number in 0..<3 {
        let before = try await pair.status(of: \.secondary)
        try Self.commit("push\(number)", to: Self.ids[number % 2], rig)
        try await rig.push(Self.ids[number % 2])
        try await Self.untilArrived(Self.ids[number % 2], rig, pair)
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
    try await Self.withRig { rig, pair, primary, secondary in
      secondary.send(signal: signal)
      _ = try await secondary.outcome()
      try Self.commit("missed", to: Self.ids[0], rig)
      try await rig.push(Self.ids[0])
      let again = try rig.startSecondary()
      try await Self.untilArrived(Self.ids[0], rig, pair)
      // And follows on: the events that come after it too.
      try Self.commit("next", to: Self.ids[1], rig)
      try await rig.push(Self.ids[1])
      try await Self.untilArrived(Self.ids[1], rig, pair)
      #expect(try await pair.status(of: \.secondary).problems == [])
      withExtendedLifetime((primary, again)) {}
    }
  }
}
