import GitTransport
import TestSupport
import Testing
import WorkerPool

@Suite struct HTTPAuthenticationTests {
  /// `user:s3cret`
  private static let basic = "Basic dXNlcjpzM2NyZXQ="
  private static let challenge = ScriptedAnswer(401, headers: [("WWW-Authenticate", "Basic realm=\"git\"")])

  /// Asks for `authorization` and serves each client that sends it.
  private static func guarded(_ authorization: String) throws -> ScriptedHTTPServer {
    try ScriptedHTTPServer { request in
      request.headers["authorization"] == authorization ? GitAnswers.capabilities() : challenge
    }
  }

  private static func url(_ server: ScriptedHTTPServer, user: String = "", _ path: String = "/r.git") -> String {
    "http://\(user)127.0.0.1:\(server.port)\(path)"
  }

  @Test("credentials of the address are sent when asked for, and not before")
  func address() async throws {
    let server = try Self.guarded(Self.basic)
    _ = try await HTTPChannel().advertisement(Self.url(server, user: "user:s3cret@"))
    #expect(server.requests.map { $0.headers["authorization"] } == [nil, Self.basic])
    #expect(server.connectionCount == 1)
    server.stop()
  }

  @Test("an origin that asked once gets the credentials at once from then on, others do not")
  func remembered() async throws {
    let server = try Self.guarded(Self.basic)
    let other = try Self.guarded(Self.basic)
    try await HTTPChannel().withTransports { transports in
      for source in [server, server, other] {
        let channel = try transports.channel(
          for: SourceURL(Self.url(source, user: "user:s3cret@")), cancellation: CancellationFlag(), deadline: .distant)
        _ = try channel.openAdvertisement().readText()
        channel.finish()
      }
    }
    #expect(server.requests.map { $0.headers["authorization"] } == [nil, Self.basic, Self.basic])
    #expect(other.requests.map { $0.headers["authorization"] } == [nil, Self.basic])
    server.stop()
    other.stop()
  }

  @Test("a token file")
  func token() async throws {
    try await withTemporaryDirectory { directory in
      let server = try Self.guarded("Bearer abc.def-123")
      var channel = HTTPChannel()
      channel.configuration.bearerTokenFile = try directory.write("abc.def-123\n", to: "token")
      _ = try await channel.advertisement(Self.url(server))
      #expect(server.requests.count == 2)
      server.stop()
    }
  }

  @Test("netrc by host, and for the user of the address when that names no password")
  func netrc() async throws {
    try await withTemporaryDirectory { directory in
      let server = try Self.guarded(Self.basic)
      var channel = HTTPChannel()
      channel.configuration.netrcFile = try directory.write(
        "machine 127.0.0.1 login other password x\nmachine 127.0.0.1 login user password s3cret\n", to: "netrc")
      _ = try await channel.advertisement(Self.url(server, user: "user@"))
      let error = try await channel.failure(Self.url(server))
      #expect(error.code == .authenticationFailed)
      #expect(error.cause.contains(directory.path("netrc")))
      server.stop()
    }
  }

  @Test("the address goes before the token, the token before netrc")
  func order() async throws {
    try await withTemporaryDirectory { directory in
      let server = try ScriptedHTTPServer { request in
        request.headers["authorization"] == nil ? Self.challenge : GitAnswers.capabilities()
      }
      var channel = HTTPChannel()
      channel.configuration.netrcFile = try directory.write("default login user password s3cret", to: "netrc")
      _ = try await channel.advertisement(Self.url(server))
      channel.configuration.bearerTokenFile = try directory.write("token", to: "token")
      _ = try await channel.advertisement(Self.url(server))
      _ = try await channel.advertisement(Self.url(server, user: "user:s3cret@"))
      #expect(server.requests.compactMap { $0.headers["authorization"] } == [Self.basic, "Bearer token", Self.basic])
      server.stop()
    }
  }

  @Test("credentials that are not accepted are tried once, and named by their origin, never by their content")
  func rejected() async throws {
    try await withTemporaryDirectory { directory in
      let server = try ScriptedHTTPServer { _ in Self.challenge }
      var channel = HTTPChannel()
      let inAddress = try await channel.failure(Self.url(server, user: "user:s3cret@"))
      #expect(server.requests.count == 2)
      channel.configuration.bearerTokenFile = try directory.write("s3cret", to: "token")
      let inFile = try await channel.failure(Self.url(server))
      #expect(inAddress.cause.contains("the address"))
      #expect(inFile.cause.contains(directory.path("token")))
      for error in [inAddress, inFile] {
        #expect(error.code == .authenticationFailed)
        #expect(error.disposition == .host)
        var dumped = ""
        dump(error, to: &dumped)
        #expect(!"\(error)".contains("s3cret") && !dumped.contains("s3cret"))
      }
      server.stop()
    }
  }

  @Test("no credentials at all: the error says where to put them")
  func none() async throws {
    let server = try ScriptedHTTPServer { _ in Self.challenge }
    let error = try await HTTPChannel().failure(Self.url(server))
    #expect(error.code == .authenticationFailed)
    #expect(error.hint?.contains(".netrc") == true)
    #expect(server.requests.count == 1)
    server.stop()
  }

  @Test(
    "token files that hold no token are named and not sent",
    arguments: [nil, "", "two tokens", "tök", String(repeating: "x", count: 2 << 20)])
  func badToken(content: String?) async throws {
    try await withTemporaryDirectory { directory in
      let server = try ScriptedHTTPServer { _ in Self.challenge }
      var channel = HTTPChannel()
      channel.configuration.bearerTokenFile = directory.path("token")
      if let content { try directory.write(content, to: "token") }
      let error = try await channel.failure(Self.url(server))
      #expect(error.code == .authenticationFailed)
      #expect(error.cause.contains(directory.path("token")))
      #expect(server.requests.count == 1)
      server.stop()
    }
  }

  @Test("credentials do not follow a redirect to another origin")
  func redirected() async throws {
    let thief = try ScriptedHTTPServer { _ in Self.challenge }
    let server = try ScriptedHTTPServer { request in
      request.headers["authorization"] == nil
        ? Self.challenge : .redirect(to: "http://127.0.0.1:\(thief.port)/r.git/info/refs?service=git-upload-pack")
    }
    let error = try await HTTPChannel().failure(Self.url(server, user: "user:s3cret@"))
    #expect(error.code == .authenticationFailed)
    #expect(error.cause.contains("do not follow redirects"))
    #expect(thief.requests.map { $0.headers["authorization"] } == [nil])
    server.stop()
    thief.stop()
  }

  @Test("credentials follow a redirect within their origin")
  func redirectedWithin() async throws {
    let server = try ScriptedHTTPServer { request in
      guard request.headers["authorization"] == Self.basic else { return Self.challenge }
      return request.path.hasPrefix("/r.git")
        ? .redirect(to: "/new.git/info/refs?service=git-upload-pack") : GitAnswers.capabilities()
    }
    _ = try await HTTPChannel().advertisement(Self.url(server, user: "user:s3cret@"))
    #expect(server.requests.map(\.path) == ["/r.git/info/refs", "/r.git/info/refs", "/new.git/info/refs"])
    server.stop()
  }

  @Test("a proxy gets its own credentials, and the server's only inside the request")
  func proxy() async throws {
    let proxy = try ScriptedHTTPServer { _ in GitAnswers.capabilities() }
    var channel = HTTPChannel()
    channel.configuration.environment = ["http_proxy": "http://p:q@127.0.0.1:\(proxy.port)"]
    _ = try await channel.advertisement("http://user:s3cret@far.invalid/r.git")
    let request = try #require(proxy.requests.first)
    #expect(request.target == "http://far.invalid/r.git/info/refs?service=git-upload-pack")
    #expect(request.headers["proxy-authorization"] == "Basic cDpx")
    #expect(request.headers["authorization"] == nil)
    proxy.stop()
  }
}
