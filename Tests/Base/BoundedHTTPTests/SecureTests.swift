import BoundedHTTP
import TestSupport
import Testing

/// TLS against nginx, with certificates that are right and wrong.
@Suite struct SecureTests {
  private func outcome(
    _ certificate: TestAuthority.Certificate, trusting caFile: (GitHTTPServer) -> String?, host: String = "127.0.0.1"
  ) async throws -> Result<Int, HTTPFailure> {
    try await withTemporaryDirectory { directory in
      var options = GitHTTPServer.Options()
      options.certificate = certificate
      let server = try GitHTTPServer(root: directory.path, options: options)
      defer { server.stop() }
      do {
        let request = HTTPRequest(.get, "https://\(host):\(server.port)/")
        return .success(try await status(of: request, .init(caFile: caFile(server))))
      } catch let failure as HTTPFailure {
        return .failure(failure)
      }
    }
  }

  @Test("a certificate of a trusted authority for this host is accepted", arguments: ["127.0.0.1", "localhost"])
  func valid(host: String) async throws {
    let status = try await outcome(.valid, trusting: \.authorityFile, host: host).get()
    #expect(status > 0)
  }

  @Test("a certificate of an authority that the system does not know is refused by name")
  func unknownAuthority() async throws {
    let failure = try await failure(of: outcome(.valid, trusting: { _ in nil }))
    #expect(failure.kind == .tlsFailed(.untrustedIssuer))
  }

  @Test("an expired certificate is refused, and the day named")
  func expired() async throws {
    let failure = try await failure(of: outcome(.expired, trusting: \.authorityFile))
    #expect(failure.kind == .tlsFailed(.expired))
    #expect(failure.detail.contains("expired on 2"))
  }

  @Test("a certificate for another host is refused")
  func wrongHost() async throws {
    let failure = try await failure(of: outcome(.wrongHost, trusting: \.authorityFile, host: "localhost"))
    #expect(failure.kind == .tlsFailed(.wrongHost))
  }

  @Test("a file of trusted certificates that is missing or holds none")
  func trustRoots() async throws {
    let missing = try await failure(of: outcome(.valid, trusting: { _ in "/nowhere/ca.pem" }))
    #expect(missing.kind == .tlsFailed(.unusableTrustRoots))
    let none = try await failure(of: outcome(.valid, trusting: { _ in "/dev/null" }))
    #expect(none.kind == .tlsFailed(.unusableTrustRoots))
  }

  @Test("https to a server that speaks plain http is a failed handshake")
  func plainServer() async throws {
    try await RawServer.with({ _ in [RawServer.answer()] }) { server in
      let failure = await #expect(throws: HTTPFailure.self) {
        try await status(of: HTTPRequest(.get, "https://127.0.0.1:\(server.port)/"), .init(connectTimeout: .seconds(2)))
      }
      // The server waits for an end of line that the first TLS record may or may not hold.
      #expect([.tlsFailed(.handshake), .connectTimeout].contains(failure?.kind))
    }
  }

  private func failure(of outcome: Result<Int, HTTPFailure>) throws -> HTTPFailure {
    switch outcome {
    case .success(let status): throw TestSupportError("there was an answer with status \(status)")
    case .failure(let failure): return failure
    }
  }
}
