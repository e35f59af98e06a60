import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// What readers get from a copy, with git itself.
@Suite(.serialized) struct ServingProcessTests {
  private static let ids = ["public/app", "secret/plans"]

  private static func withFixture(
    _ more: String, kind: String = "", _ body: (AgentPairFixture, AgentPairClient) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory("serving") { directory in
      var settings = AgentPairFixture.Settings()
      settings.secondary +=
        "\n\(more)\nadmin_token_file: \"\(directory.path("admin.secret"))\""
        + "\nreader_token_file: \"\(directory.path("reader.secret"))\""
      settings.secondaryKind = kind
      let fixture = try AgentPairFixture(directory, settings: settings)
      for id in ids {
        var builder = RepositoryBuilder()
        let first = builder.commit(["a": "of \(id)"])
        for ref in ["refs/heads/main", "refs/pull/1/head"] { builder.ref(ref, at: first) }
        _ = try builder.build(at: fixture.source(id))
      }
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: ids.count)
        try await body(fixture, pair)
      }
      withExtendedLifetime(agents) {}
    }
  }

  /// Runs git against the secondary with a token as password; `nil` sends none.
  private static func git(_ arguments: [String], _ token: String?) async throws -> ProcessOutcome {
    var options: [String] = []
    if let token { options = ["-c", "http.extraHeader=Authorization: Bearer \(token)"] }
    var environment = ChildProcess.isolatedEnvironment()
    environment["GIT_TERMINAL_PROMPT"] = "0"
    return try await ChildProcess(
      "git", options + arguments, environment: environment
    ).outcome()
  }

  private static func url(_ fixture: AgentPairFixture, _ id: String) -> String {
    "http://127.0.0.1:\(fixture.secondaryPort)/git/project_repository/\(id).git"
  }

  @Test func `a reader clones and fetches from a copy, and nobody else does`() async throws {
    try await Self.withFixture("serve_git: true") { fixture, pair in
      let (reader, clone) = (try fixture.secret("reader"), fixture.directory.path("clone.git"))
      let url = Self.url(fixture, "public/app")
      for wrong in [nil, String(repeating: "0", count: 64)] {
        #expect(try await !Self.git(["clone", "-q", "--mirror", url, clone], wrong).isSuccess)
        #expect(access(clone, F_OK) != 0)
      }
      let cloned = try await Self.git(["clone", "-q", "--mirror", url, clone], reader)
      #expect(cloned.isSuccess, "\(cloned.errorText)")
      #expect(try GitCommand().refs(clone) == GitCommand().refs(fixture.source("public/app")))
      try TestRepository(existing: fixture.source("public/app")).change {
        $0.ref("refs/heads/main", at: $0.commit(["a": "two"]))
      }
      try await fixture.push("public/app")
      try await pair.untilVerified("public/app")
      try await pair.until("a fetch brings the push") {
        guard try await Self.git(["-C", clone, "fetch", "-q"], reader).isSuccess else { return false }
        return try GitCommand().refs(clone) == GitCommand().refs(fixture.source("public/app"))
      }
    }
  }

  @Test func `a push and a question of Git LFS are told where to go`() async throws {
    try await Self.withFixture("serve_git: true") { fixture, _ in
      let (reader, clone, url) = (
        try fixture.secret("reader"), fixture.directory.path("clone.git"), Self.url(fixture, "public/app")
      )
      #expect(try await Self.git(["clone", "-q", "--bare", url, clone], reader).isSuccess)
      let pushed = try await Self.git(["-C", clone, "push", url, "main:refs/heads/new"], reader)
      #expect(!pushed.isSuccess)
      for words in ["read here and not written", "'berlin', a copy", "http://127.0.0.1:\(fixture.port)"] {
        #expect(pushed.errorText.contains(words), "\(pushed.errorText)")
      }
      #expect(try await !Self.git(["-C", clone, "push", url, "main:refs/heads/new"], nil).errorText.contains("berlin"))
      let http = BoundedHTTPClient()
      var request = HTTPRequest(.post, "\(url)/info/lfs/objects/batch")
      request.headers.add("Authorization", "Bearer \(reader)")
      request.headers.add("Content-Type", "application/vnd.git-lfs+json")
      request.body = Array(#"{"operation":"download","objects":[]}"#.utf8)
      let answer = try await http.exchange(request) { answer in
        (
          answer.status, answer.headers["Content-Type"],
          String(decoding: try await answer.prefix(1_000), as: UTF8.self)
        )
      }
      await http.shutdown()
      #expect(answer.0 == 501 && answer.1 == "application/vnd.git-lfs+json")
      #expect(answer.2.contains("Git LFS") && answer.2.contains("127.0.0.1:\(fixture.port)"), "\(answer.2)")
    }
  }

  @Test func `globs, hidden refs and roles hold for people`() async throws {
    let kind = "serve_git: { include: [\"public/**\"], hide_refs: [refs/pull] }"
    try await Self.withFixture("serve_git: true", kind: kind) { fixture, _ in
      let reader = try fixture.secret("reader")
      let listed = try await Self.git(["ls-remote", Self.url(fixture, "public/app")], reader)
      #expect(listed.isSuccess && listed.text.contains("refs/heads/main") && !listed.text.contains("refs/pull"))
      #expect(try await !Self.git(["ls-remote", Self.url(fixture, "secret/plans")], reader).isSuccess)
    }
    try await Self.withFixture("serve_git: true", kind: "serve_git: { role: admin }") { fixture, _ in
      let url = Self.url(fixture, "public/app")
      let (reader, admin) = (try fixture.secret("reader"), try fixture.secret("admin"))
      #expect(try await !Self.git(["ls-remote", url], reader).isSuccess)
      #expect(try await Self.git(["ls-remote", url], admin).isSuccess)
    }
  }

  @Test func `without serve_git a copy is nobody's to read`() async throws {
    try await Self.withFixture("log: { level: info }") { fixture, _ in
      let refused = try await Self.git(["ls-remote", Self.url(fixture, "public/app")], try fixture.secret("admin"))
      #expect(!refused.isSuccess && refused.errorText.contains("403"), "\(refused.errorText)")
    }
  }
}
