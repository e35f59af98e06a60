import GitTransport
import GitValues
import TestSupport
import Testing
import WorkerPool

/// Whole listings over the channel from git's own `http-backend` behind nginx.
@Suite struct HTTPRealServerTests {
  /// Serves one small repository as `r.git`.
  private func withServer<Result>(
    _ change: (inout GitHTTPServer.Options) -> Void = { _ in },
    _ body: (GitHTTPServer, RefView) async throws -> Result
  ) async throws -> Result {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let tip = builder.commit(["a": "one\n"])
      builder.branch("main", at: tip)
      builder.tag("v1", of: tip)
      let repository = try builder.build(at: directory.path("r.git"))
      var options = GitHTTPServer.Options()
      change(&options)
      let server = try GitHTTPServer(root: directory.path, options: options)
      defer { server.stop() }
      return try await body(server, repository.view())
    }
  }

  private static func list(_ url: String, _ transports: Transports) throws -> RemoteListing {
    let conversation = Conversation(
      source: try SourceURL(url), transports: transports, cancellation: CancellationFlag(),
      deadline: .after(.seconds(60)))
    defer { conversation.close() }
    try conversation.connect(to: url)
    guard let listing = conversation.listing else { throw TestSupportError("no listing") }
    return listing
  }

  @Test("the first listing takes two requests, the next ones one, all over one connection")
  func roundTrips() async throws {
    try await withServer { server, view in
      let listings = try await HTTPChannel().withTransports { transports in
        try (0..<5).map { _ in try Self.list(server.url("r.git"), transports) }
      }
      for listing in listings {
        #expect(listing.view == view)
        #expect(listing.protocolVersion == 2)
      }
      let log = try server.accessLog()
      #expect(log.map(\.method) == ["GET", "POST", "POST", "POST", "POST", "POST"])
      #expect(Set(log.map(\.connection)).count == 1)
    }
  }

  @Test("a server that closes the connection after each request only costs connections")
  func closing() async throws {
    try await withServer({ $0.requestsPerConnection = 1 }) { server, view in
      let listings = try await HTTPChannel().withTransports { transports in
        try (0..<20).map { _ in try Self.list(server.url("r.git"), transports) }
      }
      #expect(listings.allSatisfy { $0.view == view })
    }
  }

  @Test("version 0")
  func version0() async throws {
    try await withServer({ $0.forcesVersion0 = true }) { server, view in
      let listing = try await HTTPChannel().withTransports { try Self.list(server.url("r.git"), $0) }
      #expect(listing.view == view)
      #expect(listing.protocolVersion == 0)
    }
  }

  @Test("TLS and basic authentication together; the credentials stay within TLS")
  func secured() async throws {
    try await withServer({
      $0.certificate = .valid
      $0.basicAuthentication = (user: "user", password: "s3cret")
    }) { server, view in
      var channel = HTTPChannel()
      channel.configuration.caFile = server.authorityFile
      let url = server.url("r.git").replacing("https://", with: "https://user:s3cret@")
      let listings = try await channel.withTransports { transports in
        try (0..<2).map { _ in try Self.list(url, transports) }
      }
      #expect(listings.allSatisfy { $0.view == view })
      #expect(try server.accessLog().map(\.status) == [401, 200, 200, 200])
    }
  }

  @Test("a bearer token")
  func bearer() async throws {
    try await withServer({ $0.bearerToken = "token-1" }) { server, view in
      try await withTemporaryDirectory { directory in
        var channel = HTTPChannel()
        channel.configuration.bearerTokenFile = try directory.write("token-1\n", to: "token")
        let listing = try await channel.withTransports { try Self.list(server.url("r.git"), $0) }
        #expect(listing.view == view)
      }
    }
  }

  @Test("a repository that is not there")
  func missing() async throws {
    try await withServer { server, _ in
      let error = try await HTTPChannel().failure(server.url("other.git"))
      #expect(error.code == .sourceNotFound)
    }
  }

  @Test(
    "certificates that must not be trusted, each with its remedy",
    arguments: [
      (TestAuthority.Certificate.expired, true, "renew"), (.valid, false, "CA file"), (.wrongHost, true, "host name"),
    ])
  func certificates(certificate: TestAuthority.Certificate, trusts: Bool, hint: String) async throws {
    try await withServer({ $0.certificate = certificate }) { server, _ in
      var channel = HTTPChannel()
      if trusts { channel.configuration.caFile = server.authorityFile }
      let error = try await channel.failure("https://localhost:\(server.port)/r.git")
      #expect(error.code == .tlsFailed)
      #expect(error.hint?.contains(hint) == true, "\(error)")
    }
  }
}
