import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// What a primary that was replaced gives to readers: nothing that is stale, and everything that an operator needs.
@Suite(.serialized) struct FencedReadsTests {
  private static func status(_ path: String, _ fixture: AgentPairFixture, token: String, _ http: BoundedHTTPClient)
    async throws
    -> Int
  {
    var request = HTTPRequest(.get, "http://127.0.0.1:\(fixture.port)\(path)")
    request.headers.add("Authorization", "Bearer \(token)")
    return try await http.exchange(request) { answer in
      while try await answer.next() != nil {}
      return answer.status
    }
  }

  @Test func `a fenced primary gives no content to readers and admins, and still says what it is`() async throws {
    try await withTemporaryDirectory("fenced") { directory in
      let fixture = try AgentPairFixture(directory)
      try fixture.makeSources("one")
      try directory.write("bytes", to: "assets/file")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      let http = BoundedHTTPClient()
      let content = [
        AgentRoute.git(AgentPairClient.kind, "one") + "/info/refs?service=git-upload-pack",
        AgentRoute.blob("release_asset", "file"), AgentRoute.events, AgentRoute.catalog(AgentPairClient.kind),
        AgentRoute.path(AgentRoute.standing(AgentPairClient.kind), [("id", "one")]),
        AgentRoute.path(AgentRoute.listing(AgentPairClient.kind), [("id", "one")]),
      ]
      let about = [
        AgentRoute.status, AgentRoute.sites, AgentRoute.nodeStatus, AgentRoute.fence, AgentRoute.epoch,
        AgentRoute.registry(AgentPairClient.kind), AgentRoute.metrics, AgentRoute.health,
      ]
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        for token in [try fixture.secret("reader"), try fixture.secret("admin")] {
          for path in content + about {
            #expect(try await Self.status(path, fixture, token: token, http) == 200, "\(path)")
          }
        }
        let done = try await fixture.remora(["promote", "--force"], at: fixture.secondaryConfiguration)
        #expect(done.isSuccess, "\(done.text)\(done.errorText)")
        for token in [try fixture.secret("reader"), try fixture.secret("admin")] {
          for path in content { #expect(try await Self.status(path, fixture, token: token, http) == 409, "\(path)") }
          for path in about { #expect(try await Self.status(path, fixture, token: token, http) == 200, "\(path)") }
        }
        let clone = try await GitCommand().attempt([
          "-c", "http.extraHeader=Authorization: Bearer \(try fixture.secret("reader"))", "ls-remote",
          "http://127.0.0.1:\(fixture.port)\(AgentRoute.git(AgentPairClient.kind, "one"))",
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
      let fixture = try AgentPairFixture(directory)
      let agent = try fixture.startPrimary()
      for signal in [SIGILL, SIGTRAP, SIGSEGV] {
        let agent = signal == SIGILL ? agent : try fixture.startPrimary()
        agent.send(signal: signal)
        let outcome: ProcessOutcome = try await agent.outcome(within: .seconds(60))
        #expect(outcome.end == .killed(signal: signal), "\(outcome.end)")
        #expect(!outcome.errorText.contains("Backtrac"), "\(outcome.errorText)")
      }
    }
  }
}
