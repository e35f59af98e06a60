import BoundedHTTP
import TestSupport
import Testing

/// What exchanges bring, over plain HTTP.
@Suite struct ExchangeTests {
  @Test("status, headers and body of an answer arrive")
  func answer() async throws {
    try await RawServer.with({ _ in [RawServer.answer("404 Not Found", headers: ["X-Word: one"], "nothing here")] }) {
      server in
      let (status, word, body) = try await withClient { client in
        try await client.exchange(.get(server)) { answer in
          (answer.status, answer.headers["x-word"], try await answer.prefix(1000))
        }
      }
      #expect(status == 404)
      #expect(word == "one")
      #expect(String(decoding: body, as: UTF8.self) == "nothing here")
    }
  }

  @Test("method, headers and body of a request arrive", arguments: [0, 10, 1_000, 300_000])
  func request(bodyBytes: Int) async throws {
    try await RawServer.with({ _ in [RawServer.answer()] }) { server in
      var request = HTTPRequest.get(server)
      request.method = .post
      request.headers.add("X-Word", "two")
      request.body = (0..<bodyBytes).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      #expect(try await status(of: request) == 200)
      let received = try #require(server.received.first)
      #expect(received.head.hasPrefix("POST /path?a=b HTTP/1.1\r\n"))
      #expect(received.head.contains("X-Word: two"))
      #expect(received.body == request.body)
    }
  }

  @Test("a large body is gzipped when asked, a small one is not")
  func compression() async throws {
    try await RawServer.with({ _ in [RawServer.answer()] }) { server in
      for bytes in [1_024, 200_000] {
        var request = HTTPRequest.get(server)
        request.method = .post
        request.compressesBody = true
        request.body = [UInt8](repeating: 0x61, count: bytes)
        _ = try await status(of: request)
      }
      let small = server.received[0]
      #expect(small.body.count == 1_024)
      #expect(!small.head.lowercased().contains("content-encoding"))
      let large = server.received[1]
      #expect(large.head.contains("Content-Encoding: gzip"))
      #expect(large.body.prefix(2) == [0x1F, 0x8B])
      let unpacked = try await gunzip(large.body)
      #expect(unpacked == [UInt8](repeating: 0x61, count: 200_000))
    }
  }

  @Test("a gzipped answer is decompressed where that is configured, else returned as it is", arguments: [true, false])
  func decompression(decompresses: Bool) async throws {
    let packed = try await gzip(Array("hello, hello, hello".utf8))
    try await RawServer.with({ _ in
      [
        .send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n"),
        .sendBytes(packed),
      ]
    }) { server in
      let body = try await withClient(.init(decompressesAnswers: decompresses)) {
        try await $0.exchange(.get(server)) { try await $0.prefix(1000) }
      }
      #expect(body == (decompresses ? Array("hello, hello, hello".utf8) : packed))
      #expect(server.received[0].head.lowercased().contains("accept-encoding") == decompresses)
    }
  }

  @Test("connections are used again, and dropped with an answer that was not read to its end")
  func reuse() async throws {
    try await RawServer.with({ request in
      request.head.contains("/long")
        ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbeginning")] : [RawServer.answer("200 OK", "body")]
    }) { server in
      try await withClient { client in
        for _ in 0..<5 { _ = try await client.exchange(.get(server)) { try await $0.prefix(1000) } }
        #expect(server.connections == 1)
        let long = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/long")
        _ = try await client.exchange(long) { $0.status }
        _ = try await client.exchange(.get(server)) { $0.status }
        #expect(server.connections == 2)
      }
    }
  }

  @Test("redirects are answers")
  func redirect() async throws {
    try await RawServer.with({ _ in [RawServer.answer("302 Found", headers: ["Location: http://127.0.0.1:1/"])] }) {
      server in
      let status = try await status(of: .get(server))
      #expect(status == 302)
      #expect(server.received.count == 1)
    }
  }

  @Test(
    "a header that would break out of its line, or has no proper name, is refused before anything is sent",
    arguments: [("X-A", "one\r\nX-B: two"), ("X-A", "nul\0"), ("X A", "one"), ("", "one"), ("X-Ä", "one")])
  func headers(name: String, value: String) async throws {
    try await RawServer.with({ _ in [RawServer.answer()] }) { server in
      var request = HTTPRequest.get(server)
      request.headers.add(name, value)
      let failure = await #expect(throws: HTTPFailure.self) { try await status(of: request) }
      #expect(failure?.kind == .invalidRequest)
      #expect(server.connections == 0)
    }
  }

  @Test("an error of the reader comes out as it is")
  func readerError() async throws {
    struct Planned: Error {}
    try await RawServer.with({ _ in [RawServer.answer()] }) { server in
      await #expect(throws: Planned.self) {
        try await withClient { client in try await client.exchange(.get(server)) { _ in throw Planned() } }
      }
    }
  }

  @Test("after the shutdown requests are refused")
  func shutdown() async throws {
    let client = BoundedHTTPClient()
    await client.shutdown()
    await #expect(throws: HTTPFailure.self) {
      try await client.exchange(HTTPRequest(.get, "http://127.0.0.1:1/")) { $0.status }
    }
    await client.shutdown()
  }
}
