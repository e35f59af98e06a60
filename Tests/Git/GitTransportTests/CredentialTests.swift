import BoundedHTTP
import Foundation
import GitTransport
import TestSupport
import Testing
import WorkerPool

/// Client credentials from git's helpers, the configuration of single hosts and certificates, against a real server.
@Suite(.serialized) struct CredentialTests {
  /// A helper that has one password, and records its input.
  private static func helper(_ password: String, in directory: TemporaryDirectory) throws -> [String: String] {
    let script = try program(
      "#!/bin/sh\n{ echo \"== $1\"; cat; } >> '\(directory.path("told"))'\n"
        + "[ \"$1\" = get ] && printf 'username=user\\npassword=\(password)\\n'\nexit 0\n", in: directory)
    let file = try directory.write("[credential]\n\thelper = \(script)\n", to: "gitconfig-\(password)")
    var environment = ChildProcess.isolatedEnvironment()
    environment["GIT_CONFIG_GLOBAL"] = file
    return environment
  }

  private static func told(_ directory: TemporaryDirectory) throws -> [String] {
    try String(contentsOfFile: directory.path("told"), encoding: .utf8).split(whereSeparator: \.isNewline).map(
      String.init)
  }

  private static func withServer(
    _ configure: (inout GitHTTPServer.Options) throws -> Void,
    _ body: (GitHTTPServer, TemporaryDirectory) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commits(2)[1])
      _ = try builder.build(at: directory.path("r.git"))
      var options = GitHTTPServer.Options()
      try configure(&options)
      let server = try GitHTTPServer(root: directory.path, options: options)
      defer { server.stop() }
      try await body(server, directory)
    }
  }

  private static func list(_ url: String, _ channel: HTTPChannel, times: Int = 1) async throws {
    try await channel.withTransports { transports in
      for _ in 0..<times { _ = try channel.listing(url, by: transports) }
    }
  }

  @Test("git's helpers are asked once for a server, and get an approval of what they returned")
  func helpers() async throws {
    try await Self.withServer({ $0.basicAuthentication = ("user", "s3cret") }) { server, directory in
      var channel = HTTPChannel()
      channel.configuration = TransportConfiguration(environment: try Self.helper("s3cret", in: directory))
      try await Self.list(server.url("r.git"), channel, times: 5)
      let told = try Self.told(directory)
      #expect(told.filter { $0.hasPrefix("==") } == ["== get", "== store"], "\(told)")
      #expect(told.contains("host=127.0.0.1:\(server.port)") && told.contains("protocol=http"), "\(told)")
      #expect(try server.accessLog().map(\.status).filter { $0 == 401 }.count == 1)
    }
  }

  @Test("they get a rejection when the server refuses it, and it is printed nowhere")
  func rejected() async throws {
    try await Self.withServer({ $0.basicAuthentication = ("user", "s3cret") }) { server, directory in
      var channel = HTTPChannel()
      channel.configuration = TransportConfiguration(environment: try Self.helper("f4lsch", in: directory))
      let error = try await channel.failure(server.url("r.git"))
      #expect(error.code == .authenticationFailed)
      #expect("\(error)".contains("credential helpers") && !"\(error)".contains("f4lsch"), "\(error)")
      #expect(try Self.told(directory).filter { $0.hasPrefix("==") } == ["== get", "== erase"])
    }
  }

  @Test("a helper that hangs ends by the silence timeout")
  func hanging() async throws {
    try await Self.withServer({ $0.basicAuthentication = ("user", "s3cret") }) { server, directory in
      let script = try program("#!/bin/sh\nexec sleep 1000\n", in: directory)
      var environment = ChildProcess.isolatedEnvironment()
      environment["GIT_CONFIG_GLOBAL"] = try directory.write("[credential]\n\thelper = \(script)\n", to: "config")
      var channel = HTTPChannel()
      channel.configuration = TransportConfiguration(environment: environment)
      channel.configuration.silenceTimeout = .milliseconds(500)
      let error = try await channel.failure(server.url("r.git"))
      #expect(error.code == .timeout && "\(error)".contains("helper"), "\(error)")
    }
  }

  @Test("without a helper there is no prompt: no terminal, no window")
  func nobody() async throws {
    try await Self.withServer({ $0.basicAuthentication = ("user", "s3cret") }) { server, directory in
      let asked = directory.path("asked")
      let script = try program("#!/bin/sh\ntouch '\(asked)'\necho x\n", in: directory)
      var environment = ChildProcess.isolatedEnvironment()
      for name in ["GIT_ASKPASS", "SSH_ASKPASS"] { environment[name] = script }
      environment["DISPLAY"] = ":0"
      var channel = HTTPChannel()
      channel.configuration = TransportConfiguration(environment: environment)
      #expect(try await channel.failure(server.url("r.git")).code == .authenticationFailed)
      #expect(!FileManager.default.fileExists(atPath: asked))
    }
  }

  @Test("a token of one host goes to that host, by a file or by the environment, and to no other")
  func tokens() async throws {
    try await Self.withServer({ $0.bearerToken = "token-1" }) { server, directory in
      var channel = HTTPChannel()
      channel.configuration = TransportConfiguration(environment: ["TOKEN": "token-1"])
      let file = try directory.write("token-1\n", to: "token")
      for place in [HostToken.Place.file(file), .environment("TOKEN")] {
        for host in ["127.0.0.1", "127.0.0.1:\(server.port)"] {
          channel.configuration.tokens = [try HostToken(host: host, place: place)]
          try await Self.list(server.url("r.git"), channel)
        }
        channel.configuration.tokens = [
          try HostToken(host: "git.example.org", place: place), try HostToken(host: "127.0.0.1:1", place: place),
        ]
        #expect(try await channel.failure(server.url("r.git")).code == .authenticationFailed)
      }
    }
  }

  @Test("a server that asks for a certificate gets ours, and refuses who has none")
  func certificate() async throws {
    let keys = try TemporaryDirectory("keys")
    let made = try await ChildProcess(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
        keys.path("client.key"), "-out", keys.path("client.pem"), "-days", "30", "-subj", "/CN=remora",
      ]
    ).outcome()
    #expect(made.isSuccess)
    try await Self.withServer({ options in
      options.certificate = .valid
      options.extraConfiguration = "ssl_client_certificate \(keys.path("client.pem"));\nssl_verify_client on;"
    }) { server, _ in
      var channel = HTTPChannel()
      channel.configuration.caFile = server.authorityFile
      let url = "https://localhost:\(server.port)/r.git"
      let error = try await channel.failure(url)
      #expect("\(error)".contains("400"), "\(error)")
      channel.configuration.clientCertificate = .init(
        certificateFile: keys.path("client.pem"), keyFile: keys.path("client.key"))
      try await Self.list(url, channel)
      channel.configuration.clientCertificate = .init(
        certificateFile: keys.path("client.pem"), keyFile: keys.path("nothing"))
      let missing = try await channel.failure(url)
      #expect(missing.code == .tlsFailed && "\(missing)".contains(keys.path("nothing")), "\(missing)")
    }
  }
}
