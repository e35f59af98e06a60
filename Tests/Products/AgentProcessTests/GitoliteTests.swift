import AgentAPI
import Foundation
import TestSupport
import Testing

/// A real Git host: gitolite3 on sshd, its user's agent beside it, its common hook.
@Suite(.serialized) struct GitoliteTests {
  private static func work(_ host: GitoliteHost, _ repository: String, _ directory: TemporaryDirectory) async throws
    -> String
  {
    let clone = directory.path("work-\(repository.replacing("/", with: "-"))")
    try await host.git("clone", "-q", host.url(repository), clone)
    try Data("one\n".utf8).write(to: URL(fileURLWithPath: "\(clone)/file"))
    try await host.git("-C", clone, "add", "file")
    try await host.git("-C", clone, "commit", "-qm", "one")
    try await host.git("-C", clone, "push", "-q", "origin", "HEAD:refs/heads/main")
    return clone
  }

  @Test func `pushes, new and wild repositories, HEAD, removal and restoring`() async throws {
    try await withTemporaryDirectory("gitolite") { directory in
      let host = try await GitoliteHost(in: directory.path)
      defer { host.stop() }
      var settings = AgentPairFixture.Settings()
      settings.primary = "scan: { interval: 1h }"
      settings.primaryKind = "exclude: [\"gitolite-admin.git\"]"
      settings.sources = host.repositories
      let fixture = try AgentPairFixture(directory, settings: settings)
      try await host.installCommonHook(
        """
        #!/bin/sh
        exec '\(try BuiltProgram.path("remora"))' event push project_repository "$GL_REPO" --hook --config '\(fixture.primaryConfiguration)'

        """)
      var primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        // No scan runs within this test's time: what arrives, the hook has announced.
        let clone = try await Self.work(host, "project", directory)
        try await pair.until("the push arrives") { try fixture.isCopyEqual("project") }
        let wild = try await Self.work(host, "wild/alice/new", directory)
        try await pair.until("the wild repository arrives") { try fixture.isCopyEqual("wild/alice/new") }
        try await host.git("-C", clone, "push", "-q", "origin", "HEAD:refs/heads/topic", "HEAD:refs/tags/v1")
        try await pair.until("branch and tag arrive") { try fixture.isCopyEqual("project") }
        try await host.git("-C", clone, "push", "-q", "origin", ":refs/heads/topic")
        try await pair.until("the deleted branch goes") { try fixture.isCopyEqual("project") }
        #expect(try GitCommand().refs(fixture.copy("project")).keys.sorted() == ["refs/heads/main", "refs/tags/v1"])
        try await pair.untilVerified("project")
        try await pair.untilVerified("wild/alice/new")
        #expect(access(fixture.copy("gitolite-admin"), F_OK) != 0)
        // What fires no hook the scan finds.
        primary.send(signal: SIGTERM)
        #expect(try await primary.outcome().isSuccess)
        try fixture.configure(primary: "scan: { interval: 1s }")
        primary = try fixture.startPrimary()
        _ = try await GitCommand().run(
          "-C", fixture.source("project"), "update-ref", "refs/heads/other", "refs/heads/main")
        _ = try await GitCommand().run("-C", fixture.source("project"), "symbolic-ref", "HEAD", "refs/heads/other")
        try await pair.until("the HEAD arrives") { try fixture.isCopyEqual("project") }
        #expect(
          try await GitCommand().run("-C", fixture.copy("project"), "symbolic-ref", "HEAD").text == "refs/heads/other")
        try FileManager.default.removeItem(atPath: fixture.source("wild/alice/new"))
        try await pair.until("the destroyed repository goes") { access(fixture.copy("wild/alice/new"), F_OK) != 0 }
        let trash = try await fixture.remora(
          ["trash", "list", "--json", "--kind", "project_repository"], at: fixture.secondaryConfiguration)
        let ticket = try AgentJSON.decode(TrashRow.self, from: Array(try #require(trash.lines.first).utf8))
        let restored = try await fixture.remora(["trash", "restore", ticket.name], at: fixture.secondaryConfiguration)
        #expect(restored.isSuccess, "\(restored.errorText)")
        let kept = try GitCommand().refs(fixture.copy("wild/alice/new"))["refs/heads/main"]
        #expect(try await kept == host.git("-C", wild, "rev-parse", "HEAD").text)
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }
}
