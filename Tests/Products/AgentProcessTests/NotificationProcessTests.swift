import AgentAPI
import Foundation
import Synchronization
import TestSupport
import Testing

/// Notifications of a real agent, by a webhook and by a command.
@Suite(.serialized) struct NotificationProcessTests {
  @Test func `a failure that lasts and its end are told once, by both, also when the webhook is away at first`()
    async throws
  {
    try await withTemporaryDirectory("notify") { directory in
      let answers = Answers()
      let hook = try ScriptedHTTPServer { request in
        answers.next(request)
      }
      defer { hook.stop() }
      let told = directory.path("told")
      let command = try directory.write("#!/bin/sh\ncat >> '\(told)'\n", to: "tell")
      #expect(chmod(command, 0o700) == 0)
      var settings = AgentPairFixture.Settings()
      settings.secondary +=
        "\nnotify: { webhook: \"\(hook.url("/hook?token=5ecret"))\", command: \"\(command)\", after: 2s }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
      _ = try builder.build(at: fixture.source("group/project"))
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        primary.kill()
        _ = try await primary.outcome()
        try await pair.until("both have been told") {
          answers.taken.contains { $0.contains("\"event\":\"failure\"") } && Self.lines(told).count == 1
        }
        #expect(Self.lines(told)[0].contains("\"subject\":\"primary\""), "\(Self.lines(told))")
        // Long enough for a second notification, if there were one.
        try await Task.sleep(for: .seconds(6))
        #expect(answers.taken.count == 1 && Self.lines(told).count == 1, "\(answers.taken) \(Self.lines(told))")
        secondary.kill()
        _ = try await secondary.outcome()
        let again = try fixture.startSecondary()
        try await Task.sleep(for: .seconds(5))
        #expect(answers.taken.count == 1 && Self.lines(told).count == 1, "\(answers.taken) \(Self.lines(told))")
        let back = try fixture.startPrimary()
        try await pair.until("the end is told") {
          answers.taken.last?.contains("\"event\":\"recovery\"") == true && Self.lines(told).count == 2
        }
        #expect(answers.taken.last?.contains("\"recovered_from\":\"failure\"") == true, "\(answers.taken)")
        again.send(signal: SIGTERM)
        let outcome = try await again.outcome()
        #expect(outcome.isSuccess && !outcome.errorText.contains("5ecret"), "\(outcome.errorText)")
        withExtendedLifetime(back) {}
      }
    }
  }

  private static func lines(_ path: String) -> [String] {
    ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map { String($0) }
  }

  /// Takes what comes, but the first time.
  private final class Answers: Sendable {
    private let state = Mutex((count: 0, taken: [String]()))

    var taken: [String] { state.withLock { $0.taken } }

    func next(_ request: ReceivedRequest) -> ScriptedAnswer {
      state.withLock { state in
        state.count += 1
        guard state.count > 1 else { return ScriptedAnswer(503, "busy") }
        state.taken.append(String(decoding: request.body, as: UTF8.self))
        return ScriptedAnswer(200, "ok")
      }
    }
  }
}
