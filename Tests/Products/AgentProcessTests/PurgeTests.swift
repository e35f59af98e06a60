import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// The package's purge takes away what agents wrote, and nothing else.
@Suite(.serialized) struct PurgeTests {
  private static let script = Fixtures.url("../.packaging/postrm").standardizedFileURL

  /// Runs the package's script on a state directory.
  private static func purge(_ state: String, _ directory: TemporaryDirectory) async throws {
    let text = try String(contentsOf: script, encoding: .utf8)
      .replacing("/var/lib/remora", with: state).replacing("/etc/remora", with: directory.path("none"))
    let path = try directory.write(text, to: "postrm")
    #expect(try await ChildProcess("sh", [path, "purge"]).outcome().isSuccess)
  }

  @Test func `of a primary and a secondary that were used nothing is left, and what is not theirs is`() async throws {
    try await withTemporaryDirectory("purge") { directory in
      let command = try directory.write("#!/bin/sh\nexit 1\n", to: "tell")
      #expect(chmod(command, 0o755) == 0)
      let told = "\nnotify: { command: \"\(command)\", after: 1s, lag: 1s }"
      var settings = AgentPairFixture.Settings()
      settings.primary += told
      settings.secondary +=
        """

        admin_token_file: "\(directory.path("admin.secret"))"
        serve_git: true
        trash: { keep: 0s }\(told)
        """
      let fixture = try AgentPairFixture(directory, settings: settings)
      try fixture.makeSources("one", "two")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 2)
        for configuration in [fixture.primaryConfiguration, fixture.secondaryConfiguration] {
          _ = try await fixture.remora(["token", "new", "someone"], at: configuration)
          _ = try await fixture.remora(["feature", "list"], at: configuration)
          _ = try await fixture.remora(["feature", "disable", "geo_release_asset_replication"], at: configuration)
        }
        let http = BoundedHTTPClient()
        for port in [fixture.port, fixture.secondaryPort] {
          var request = HTTPRequest(.post, "http://127.0.0.1:\(port)/sign-in")
          request.headers.add("Content-Type", "application/x-www-form-urlencoded")
          request.body = Array("token=\(try fixture.secret("admin"))".utf8)
          #expect(try await http.exchange(request) { $0.status } == 303)
        }
        await http.shutdown()
        // A failure for the notifications, and one for the differences.
        try await pair.until("something was told, or tried") {
          FileManager.default.fileExists(atPath: "\(fixture.secondaryState)/notifications.json")
        }
        let order = try await fixture.remora(["promote", "--force"], at: fixture.secondaryConfiguration)
        #expect(order.isSuccess, "\(order.errorText)")
        try await pair.until("the new primary serves") {
          try await pair.status(of: \.secondary).role == .primary
        }
      }
      agents.0.send(signal: SIGTERM)
      _ = try await agents.0.outcome()
      // The other one ends as at a loss of power.
      agents.1.kill()
      for state in [fixture.primaryState, fixture.secondaryState] {
        let names = try FileManager.default.contentsOfDirectory(atPath: state)
        #expect(names.count > 8, "it was used: \(names)")
        try "x".write(toFile: "\(state)/features.json.remora-tmp-0123456789abcdef", atomically: false, encoding: .utf8)
        try await Self.purge(state, directory)
        #expect(
          !FileManager.default.fileExists(atPath: state),
          "left of \(names): \((try? FileManager.default.contentsOfDirectory(atPath: state)) ?? [])")
      }
      #expect(FileManager.default.fileExists(atPath: fixture.copy("one") + "/HEAD"), "never a copy")
    }
  }

  @Test func `what the agent did not write stays, and with it the directory`() async throws {
    try await withTemporaryDirectory("kept") { directory in
      for name in ["state/git/a.git/HEAD", "state/notes", "state/registries/x", "state/spool/bad/y"] {
        try directory.write("x", to: name)
      }
      try await Self.purge(directory.path("state"), directory)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory.path("state")).sorted() == ["git", "notes"])
    }
  }
}
