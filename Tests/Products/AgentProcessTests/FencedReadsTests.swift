import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// What a primary that was replaced gives to readers: nothing that is stale, and everything that an operator needs.
@Suite(.serialized) struct FencedReadsTests {
  private static func status(_ path: String, _ rig: AgentRig, token: String, _ http: BoundedHTTPClient) async throws
    -> Int
  {
    var request = HTTPRequest(.get, "http://127.0.0.1:\(rig.port)\(path)")
    request.headers.add("Authorization", "Bearer \(token)")
    return try await http.exchange(request) { answer in
      while try await answer.next() != nil {}
      return answer.status
    }
  }

  @Test func `a fenced primary gives no content to readers and admins, and still says what it is`() async throws {
    try await withTemporaryDirectory("fenced") { directory in
      let rig = try AgentRig(directory)
      try rig.makeSources("one")
      try directory.write("bytes", to: "assets/file")
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      let http = BoundedHTTPClient()
      let content = [
        AgentRoute.git(RigQuestions.kind, "one") + "/info/refs?service=git-upload-pack",
        AgentRoute.blob("release_asset", "file"), AgentRoute.events, AgentRoute.catalog(RigQuestions.kind),
        AgentRoute.path(AgentRoute.standing(RigQuestions.kind), [("id", "one")]),
        AgentRoute.path(AgentRoute.listing(RigQuestions.kind), [("id", "one")]),
      ]
      let about = [
        AgentRoute.status, AgentRoute.sites, AgentRoute.nodeStatus, AgentRoute.fence, AgentRoute.epoch,
        AgentRoute.registry(RigQuestions.kind), AgentRoute.metrics, AgentRoute.health,
      ]
      try await rig.asking { pair in
        try await pair.untilSettled(count: 1)
        for token in [try rig.secret("reader"), try rig.secret("admin")] {
          for path in content + about {
            #expect(try await Self.status(path, rig, token: token, http) == 200, "\(path)")
          }
        }
        let done = try await rig.remora(["promote", "--force"], at: rig.secondaryConfiguration)
        #expect(done.isSuccess, "\(done.text)\(done.errorText)")
        for token in [try rig.secret("reader"), try rig.secret("admin")] {
          for path in content { #expect(try await Self.status(path, rig, token: token, http) == 409, "\(path)") }
          for path in about { #expect(try await Self.status(path, rig, token: token, http) == 200, "\(path)") }
        }
        let clone = try await GitCommand().attempt([
          "-c", "http.extraHeader=Authorization: Bearer \(try rig.secret("reader"))", "ls-remote",
          "http://127.0.0.1:\(rig.port)\(AgentRoute.git(RigQuestions.kind, "one"))",
        ])
        #expect(!clone.isSuccess && clone.output.isEmpty)
        #expect(try await pair.status(of: \.primary).problems.first?.contains("stale") == true)
      }
      await http.shutdown()
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `an agent that crashes ends at once, without a debugger that holds it`() async throws {
    try await withTemporaryDirectory("crash") { directory in
      let rig = try AgentRig(directory)
      let agent = try rig.startPrimary()
      for signal in [SIGILL, SIGTRAP, SIGSEGV] {
        let agent = signal == SIGILL ? agent : try rig.startPrimary()
        agent.send(signal: signal)
        let outcome: ProcessOutcome = try await agent.outcome(within: .seconds(20))
        #expect(outcome.end == .killed(signal: signal), "\(outcome.end)")
        #expect(!outcome.errorText.contains("Backtrac"), "\(outcome.errorText)")
      }
    }
  }
}
