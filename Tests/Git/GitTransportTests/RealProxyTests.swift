import Foundation
import GitTransport
import TestSupport
import Testing

/// Ways to a real Git server that lead through real proxies.
@Suite(.serialized) struct RealProxyTests {
  enum Server: String, CaseIterable, Sendable { case http, https }

  /// Lists by the proxy of `variables`.
  private static func list(
    _ server: Server, _ directory: TemporaryDirectory, _ variables: [String: String]
  ) async throws -> (listing: RemoteListing, isEqual: Bool) {
    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commits(3)[2])
    if !FileManager.default.fileExists(atPath: directory.path("r.git")) {
      _ = try builder.build(at: directory.path("r.git"))
    }
    var options = GitHTTPServer.Options()
    if server == .https { options.certificate = .valid }
    let host = try GitHTTPServer(root: directory.path, options: options)
    defer { host.stop() }
    var channel = HTTPChannel()
    channel.configuration = TransportConfiguration(environment: variables)
    channel.configuration.netrcFile = nil
    channel.configuration.caFile = host.authorityFile
    let listing = try await channel.listing(host.url("r.git"))
    return (listing, try GitCommand().view(directory.path("r.git")) == listing.view)
  }

  @Test("tinyproxy leads there, with and without a password", arguments: Server.allCases, [false, true])
  func http(server: Server, hasLogin: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let proxy = try RealProxy(.http(login: hasLogin ? ("user", "s3cret") : nil), in: directory.path)
      defer { proxy.stop() }
      let login = hasLogin ? "user:s3cret@" : ""
      let address = "http://\(login)127.0.0.1:\(proxy.port)"
      let variables = ["http_proxy": address, "https_proxy": address]
      #expect(try await Self.list(server, directory, variables).isEqual)
      #expect(proxy.log.contains(server == .https ? "CONNECT " : "GET http://"), "\(proxy.log)")
      #expect(!proxy.log.contains("s3cret"))
    }
  }

  @Test("tinyproxy refuses a wrong password, and the error does not show it", arguments: Server.allCases)
  func refused(server: Server) async throws {
    try await withTemporaryDirectory { directory in
      let proxy = try RealProxy(.http(login: ("user", "s3cret")), in: directory.path)
      defer { proxy.stop() }
      let address = "http://user:f4lsch@127.0.0.1:\(proxy.port)"
      do {
        _ = try await Self.list(server, directory, ["http_proxy": address, "https_proxy": address])
        Issue.record("the proxy let us through")
      } catch let error as TransportError {
        #expect("\(error)".contains("proxy") && !"\(error)".contains("f4lsch"), "\(error)")
      }
    }
  }

  @Test("microsocks refuses a wrong password, and the error does not show it", arguments: Server.allCases)
  func socksRefused(server: Server) async throws {
    try await withTemporaryDirectory { directory in
      let proxy = try RealProxy(.socks(login: ("user", "s3cret")), in: directory.path)
      defer { proxy.stop() }
      for login in ["", "user:f4lsch@", "user:\(String(repeating: "x", count: 256))@"] {
        do {
          _ = try await Self.list(server, directory, ["all_proxy": "socks5h://\(login)127.0.0.1:\(proxy.port)"])
          Issue.record("the proxy let us through")
        } catch let error as TransportError {
          #expect(error.code == .sourceUnreachable && error.disposition == .host, "\(error)")
          #expect("\(error)".contains("proxy 127.0.0.1:\(proxy.port)") && !"\(error)".contains("f4lsch"), "\(error)")
        }
      }
      #expect(!proxy.log.contains("connected to"), "\(proxy.log)")
    }
  }

  @Test("a SOCKS proxy that is not there is named", arguments: ["", "user:s3cret@"])
  func socksAbsent(login: String) async throws {
    try await withTemporaryDirectory { directory in
      let port = try ClosedPort().port
      do {
        _ = try await Self.list(.http, directory, ["all_proxy": "socks5h://\(login)127.0.0.1:\(port)"])
        Issue.record("there was no proxy")
      } catch let error as TransportError {
        #expect("\(error)".contains("proxy 127.0.0.1:\(port)") && !"\(error)".contains("s3cret"), "\(error)")
      }
    }
  }

  @Test(
    "microsocks leads there, with and without a password, and no_proxy goes past it", arguments: Server.allCases,
    [false, true])
  func socks(server: Server, hasLogin: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let proxy = try RealProxy(.socks(login: hasLogin ? ("user", "s3cret") : nil), in: directory.path)
      defer { proxy.stop() }
      let variables = ["all_proxy": "socks5h://\(hasLogin ? "user:s3cret@" : "")127.0.0.1:\(proxy.port)"]
      #expect(try await Self.list(server, directory, variables).isEqual)
      let used = proxy.log
      #expect(used.contains("connected to"), "\(used)")
      let straight = variables.merging(["no_proxy": "127.0.0.1"]) { $1 }
      #expect(try await Self.list(server, directory, straight).isEqual)
      #expect(proxy.log == used)
    }
  }
}
