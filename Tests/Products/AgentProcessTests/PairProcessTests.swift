import Foundation
import TestSupport
import Testing

/// Two agents as operators run them: real processes, real configurations, real git.
@Suite(.serialized) struct PairProcessTests {
  private func repository(at path: String) throws -> TestRepository {
    var builder = RepositoryBuilder()
    builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
    return try builder.build(at: path)
  }

  @Test func `pushes, files, renames and removals arrive`() async throws {
    try await withTemporaryDirectory("pair") { directory in
      let fixture = try AgentPairFixture(directory)
      let source = try repository(at: fixture.source("group/project"))
      for number in 0..<20 { _ = try repository(at: fixture.source("more/\(number)")) }
      try directory.write("some bytes", to: "assets/2026/file.tar")
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 21)
        #expect(try GitCommand().view(fixture.copy("group/project")) == source.view())
        #expect(
          try String(contentsOfFile: directory.path("copied-assets/2026/file.tar"), encoding: .utf8) == "some bytes")
        try source.change { $0.ref("refs/heads/topic", at: $0.commit(["b": "two"])) }
        try await fixture.push("group/project")
        try await pair.until("the topic arrives") {
          try GitCommand().view(fixture.copy("group/project")) == source.view()
        }
        try await pair.untilVerified("group/project")
        // Neither of these fires a hook: the scan finds them.
        try FileManager.default.moveItem(atPath: fixture.source("more/1"), toPath: fixture.source("more/renamed"))
        try FileManager.default.removeItem(atPath: fixture.source("more/2"))
        try await pair.until("the rename and the removal arrive") {
          access(fixture.copy("more/renamed"), F_OK) == 0 && access(fixture.copy("more/1"), F_OK) != 0
            && access(fixture.copy("more/2"), F_OK) != 0
        }
        try await pair.untilSettled(count: 20)
      }
      primary.send(signal: SIGTERM)
      secondary.send(signal: SIGTERM)
      let ends = (try await primary.outcome(), try await secondary.outcome())
      #expect(ends.0.isSuccess && ends.1.isSuccess)
    }
  }

  @Test(arguments: ["libssh2", "system"])
  func `copies come from the Git host itself, over ssh, when it is named`(client: String) async throws {
    try await withTemporaryDirectory("pair") { directory in
      try FileManager.default.createDirectory(atPath: directory.path("host"), withIntermediateDirectories: true)
      let host = try SSHServer(in: directory.path("host"))
      var settings = AgentPairFixture.Settings()
      settings.cloneURL = host.url(directory.path("sources/{id}.git"))
      settings.secondary += """

        sources:
          ssh:
            client: \(client)
            keys: ["\(try host.clientKey(.ed25519))"]
            known_hosts: ["\(try host.knownHosts())"]
            config_file: /dev/null
        """
      let fixture = try AgentPairFixture(directory, settings: settings)
      let source = try repository(at: fixture.source("group/project"))
      for number in 0..<20 { _ = try repository(at: fixture.source("more/\(number)")) }
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 21)
        try source.change { $0.ref("refs/heads/topic", at: $0.commit(["b": "two"])) }
        try await fixture.push("group/project")
        try await pair.until("the topic arrives") {
          try GitCommand().view(fixture.copy("group/project")) == source.view()
        }
        try await pair.untilVerified("group/project")
      }
      // Four syncs and two verifications at a time, and what is idle is used again.
      #expect((1...6).contains(host.connections.believed), "\(host.log)")
      primary.send(signal: SIGTERM)
      secondary.send(signal: SIGTERM)
      let ends = (try await primary.outcome(), try await secondary.outcome())
      #expect(ends.0.isSuccess && ends.1.isSuccess)
    }
  }
}
