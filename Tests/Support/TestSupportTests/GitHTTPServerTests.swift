import Foundation
import TestSupport
import Testing

@Suite struct GitHTTPServerTests {
  /// A directory with `r.git` in it: two commits, a branch, a tag.
  private func withRepository(_ body: (TemporaryDirectory, TestRepository) throws -> Void) throws {
    try withTemporaryDirectory("http") { directory in
      var builder = RepositoryBuilder()
      let commits = builder.commits(2)
      builder.branch("main", at: commits[1])
      builder.tag("v1", of: commits[0])
      try body(directory, try builder.build(at: directory.path("r.git")))
    }
  }

  @Test("git clones from it by version 2, and every request and connection is counted")
  func clones() throws {
    try withRepository { directory, repository in
      let server = try GitHTTPServer(root: directory.path)
      try GitCommand().run("clone", "-q", "--mirror", server.url("r.git"), directory.path("copy.git"))
      #expect(try GitCommand().view(directory.path("copy.git")) == repository.view())
      let log = try server.accessLog()
      #expect(log.map(\.method) == ["GET", "POST", "POST"])
      #expect(log.map(\.status) == [200, 200, 200])
      #expect(log.allSatisfy { $0.gitProtocol == "version=2" })
      #expect(log[0].target == "/r.git/info/refs?service=git-upload-pack")
      #expect(try server.connectionCount() == 1)
      try server.clearAccessLog()
      #expect(try server.accessLog() == [])
    }
  }

  @Test("it answers in version 0 if the option is set")
  func versionZero() throws {
    try withRepository { directory, _ in
      var options = GitHTTPServer.Options()
      options.forcesVersion0 = true
      let server = try GitHTTPServer(root: directory.path, options: options)
      #expect(try GitCommand().lsRemote(server.url("r.git")).count == 4)
      #expect(try server.accessLog().map(\.method) == ["GET"])
    }
  }

  @Test("over TLS, only the valid certificate is accepted", arguments: TestAuthority.Certificate.allCases)
  func tls(certificate: TestAuthority.Certificate) throws {
    try withRepository { directory, _ in
      var options = GitHTTPServer.Options()
      options.certificate = certificate
      let server = try GitHTTPServer(root: directory.path, options: options)
      let git = GitCommand(environment: ["GIT_SSL_CAINFO": try #require(server.authorityFile)])
      #expect(try git.attempt(["ls-remote", server.url("r.git")]).isSuccess == (certificate == .valid))
    }
  }

  @Test("it asks for credentials, by password or by token")
  func credentials() throws {
    try withRepository { directory, _ in
      var options = GitHTTPServer.Options()
      options.basicAuthentication = ("ada", "secret")
      let basic = try GitHTTPServer(root: directory.path, options: options)
      #expect(!(try GitCommand().attempt(["ls-remote", basic.url("r.git")]).isSuccess))
      let url = basic.url("r.git").replacingOccurrences(of: "//", with: "//ada:secret@")
      #expect(try GitCommand().attempt(["ls-remote", url]).isSuccess)
      options = GitHTTPServer.Options()
      options.bearerToken = "t0ken"
      let bearer = try GitHTTPServer(root: directory.path, options: options)
      #expect(!(try GitCommand().attempt(["ls-remote", bearer.url("r.git")]).isSuccess))
      let header = "http.extraHeader=Authorization: Bearer t0ken"
      #expect(try GitCommand().attempt(["-c", header, "ls-remote", bearer.url("r.git")]).isSuccess)
    }
  }

  @Test("a stopped server refuses, and leaves neither processes nor files")
  func stops() throws {
    try withRepository { directory, _ in
      var server: GitHTTPServer? = try GitHTTPServer(root: directory.path)
      let port = try #require(server?.port)
      server?.stop()
      #expect(throws: TestSupportError.self) { try LoopbackSocket.connect(to: port) }
      server = nil
    }
  }

  @Test("git daemon serves the same over git://")
  func daemon() throws {
    try withRepository { directory, _ in
      let daemon = try GitDaemon(root: directory.path)
      #expect(try GitCommand().lsRemote(daemon.url("r.git")).count == 4)
    }
  }

  @Test("a closed port refuses; a full backlog accepts no connection")
  func unreachable() throws {
    let closed = try ClosedPort()
    #expect(throws: TestSupportError.self) { try LoopbackSocket.connect(to: closed.port) }
    let full = try FullBacklog()
    let child = try GitCommand().start(["ls-remote", "http://127.0.0.1:\(full.port)/r.git"])
    #expect(throws: TestSupportError.self) { try child.outcome(within: .milliseconds(300)) }
  }
}
