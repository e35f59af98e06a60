import BoundedHTTP
import TestSupport
import Testing

@Suite struct ProxyTests {
  private static let credential = HTTPBasicCredential(user: "user", password: "secret")

  @Test("a plain request goes to the proxy in absolute form, with the proxy's credentials and no others")
  func plain() async throws {
    try await RawServer.with({ _ in [RawServer.answer("200 OK", "by proxy")] }) { proxy in
      var request = HTTPRequest(.get, "http://far.invalid/path")
      request.proxy = HTTPProxy(host: "127.0.0.1", port: proxy.port, credential: Self.credential)
      #expect(try await status(of: request) == 200)
      let head = try #require(proxy.received.first?.head)
      #expect(head.hasPrefix("GET http://far.invalid/path HTTP/1.1\r\n"))
      #expect(head.lowercased().contains("proxy-authorization: basic dxnlcjpzzwnyzxq="))
      #expect(!head.lowercased().contains("\r\nauthorization:"))
    }
  }

  @Test("a secure request asks the proxy to connect; the target's name is never looked up here")
  func connect() async throws {
    try await RawServer.with({ _ in [RawServer.answer("403 Forbidden")] }) { proxy in
      var request = HTTPRequest(.get, "https://far.invalid/path")
      request.proxy = HTTPProxy(host: "127.0.0.1", port: proxy.port)
      let failure = await #expect(throws: HTTPFailure.self) { try await status(of: request) }
      #expect(failure?.kind == .proxyRefused)
      #expect(proxy.received.first?.head.hasPrefix("CONNECT far.invalid:443 HTTP/1.1") == true)
    }
  }

  @Test("a proxy that wants credentials, or does not answer")
  func refusing() async throws {
    let scripts: [([RawServer.Step], Duration, HTTPFailure.Kind)] = [
      ([RawServer.answer("407 Proxy Authentication Required")], .seconds(30), .proxyRefused),
      ([.halt], .milliseconds(300), .connectTimeout),
    ]
    for (script, timeout, kind) in scripts {
      try await RawServer.with({ _ in script }) { proxy in
        var request = HTTPRequest(.get, "https://far.invalid/path")
        request.proxy = HTTPProxy(host: "127.0.0.1", port: proxy.port)
        let failure = await #expect(throws: HTTPFailure.self) {
          try await status(of: request, .init(connectTimeout: timeout))
        }
        #expect(failure?.kind == kind)
      }
    }
  }

  @Test("the same client goes straight and through proxies, by request")
  func perRequest() async throws {
    try await RawServer.with({ _ in [RawServer.answer()] }) { proxy in
      try await RawServer.with({ _ in [RawServer.answer()] }) { server in
        try await withClient { client in
          var request = HTTPRequest.get(server)
          _ = try await client.exchange(request) { $0.status }
          request.proxy = HTTPProxy(host: "127.0.0.1", port: proxy.port)
          _ = try await client.exchange(request) { $0.status }
        }
        #expect(server.received.count == 1)
        #expect(proxy.received.count == 1)
      }
    }
  }

  @Test("a credential prints nothing of itself, not even within other values")
  func secrecy() {
    let proxy = HTTPProxy(host: "proxy.example", port: 3128, credential: Self.credential)
    var dumped = ""
    dump(proxy, to: &dumped)
    for text in ["\(proxy)", "\(Self.credential)", String(reflecting: Self.credential), dumped] {
      #expect(!text.contains("secret") && !text.contains("user"))
    }
    #expect("\(proxy)" == "proxy.example:3128")
    #expect("\(HTTPProxy(host: "::1", port: 80))" == "[::1]:80")
  }
}
