import Foundation
import TestSupport
import Testing

@Suite("Logins, certificates and proxies")
struct ConnectionOptionTests {
  private static func expectExact(_ bench: CommandFixture, _ outcome: ProcessOutcome) throws {
    #expect(outcome.isSuccess, "\(outcome.errorText)")
    #expect(try GitCommand().view(bench.copy) == bench.source.view())
  }

  @Test("a login comes from ~/.netrc, or from the file that --netrc-file names")
  func netrc() async throws {
    try await withCommandFixture { bench in
      var options = GitHTTPServer.Options()
      options.basicAuthentication = ("ada", "sesame")
      let server = try GitHTTPServer(root: bench.root, options: options)
      let url = server.url("source.git")
      let refused = try await bench.remora("mirror", url, bench.copy, "--json")
      #expect(refused.status == 1)
      #expect(try JSONLine(refused.text)["error"].text("code") == "authentication_failed")
      let netrc = try bench.directory.write("machine 127.0.0.1 login ada password sesame\n", to: "home/.netrc")
      #expect(chmod(netrc, 0o600) == 0)
      try Self.expectExact(bench, try await bench.remora("mirror", url, bench.copy, "--netrc-file", netrc))
      let home = ["HOME": bench.directory.path("home")]
      try Self.expectExact(bench, try await bench.remora("mirror", url, bench.copy, environment: home))
      let verified = try await bench.remora("verify", url, bench.copy, environment: home)
      #expect(verified.isSuccess)
    }
  }

  @Test("--bearer-token-file sends its token")
  func bearer() async throws {
    try await withCommandFixture { bench in
      var options = GitHTTPServer.Options()
      options.bearerToken = "t0ken"
      let server = try GitHTTPServer(root: bench.root, options: options)
      let refused = try await bench.remora("mirror", server.url("source.git"), bench.copy)
      #expect(refused.status == 1)
      let file = try bench.directory.write("t0ken\n", to: "token")
      #expect(chmod(file, 0o600) == 0)
      try Self.expectExact(
        bench, try await bench.remora("mirror", server.url("source.git"), bench.copy, "--bearer-token-file", file))
      for (_, content) in try bench.contentsOfCopy() {
        #expect(!String(decoding: content, as: Unicode.ASCII.self).contains("t0ken"))
      }
    }
  }

  @Test("https needs a certificate that is trusted: --ca-file names the authority")
  func authority() async throws {
    try await withCommandFixture { bench in
      var options = GitHTTPServer.Options()
      options.certificate = .valid
      let server = try GitHTTPServer(root: bench.root, options: options)
      let refused = try await bench.remora("mirror", server.url("source.git"), bench.copy, "--json")
      #expect(refused.status == 1)
      #expect(try JSONLine(refused.text)["error"].text("code") == "tls_failed")
      let file = try #require(server.authorityFile)
      try Self.expectExact(
        bench, try await bench.remora("mirror", server.url("source.git"), bench.copy, "--ca-file", file))
    }
  }

  @Test("a proxy is taken from the environment, and no_proxy leaves it out")
  func proxy() async throws {
    try await withCommandFixture { bench in
      // nginx takes a request with a whole URL, as proxies get it; the name of the host leads nowhere else.
      let server = try GitHTTPServer(root: bench.root)
      let url = "http://git.example.invalid/source.git"
      let environment = ["http_proxy": server.base]
      try Self.expectExact(bench, try await bench.remora("mirror", url, bench.copy, environment: environment))
      let around = environment.merging(["no_proxy": "example.invalid"]) { $1 }
      let refused = try await bench.remora("mirror", url, bench.copy, "--json", environment: around)
      #expect(refused.status == 1)
      #expect(try JSONLine(refused.text)["error"].text("code") == "dns_failed")
    }
  }

  @Test(
    "limits are kept: too many refs, too long a listing, too large a pack",
    arguments: [
      ("--max-refs", "2"), ("--max-advertisement-bytes", "64"), ("--max-pack-bytes", "100"),
      ("--max-pack-objects", "3"),
    ])
  func limits(option: String, value: String) async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("mirror", bench.source.path, bench.copy, option, value, "--json")
      #expect(outcome.status == 1)
      #expect(try JSONLine(outcome.text)["error"].text("code") == "limit_exceeded", "\(outcome.text)")
      #expect(!FileManager.default.fileExists(atPath: bench.copy))
      #expect(try TemporaryDirectory.files(below: bench.directory.path).allSatisfy { $0.hasPrefix("served/") })
    }
  }
}
