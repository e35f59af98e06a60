import BoundedHTTP
import TestSupport
import Testing

/// Every way in which an exchange ends without an answer, and that it ends.
@Suite struct FailureTests {
  private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
  private static let chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  private func failure(
    of request: HTTPRequest, _ configuration: BoundedHTTPClient.Configuration = .init()
  ) async throws -> HTTPFailure {
    try #require(await #expect(throws: HTTPFailure.self) { try await status(of: request, configuration) })
  }

  @Test("no listener: refused, at once and not at the end of the connect timeout")
  func refused() async throws {
    let closed = try ClosedPort()
    let failure = try await failure(of: HTTPRequest(.get, "http://127.0.0.1:\(closed.port)/"))
    #expect(failure.kind == .connectionRefused)
    #expect(!failure.answerBegan)
    withExtendedLifetime(closed) {}
  }

  @Test("no accept: connect timeout")
  func connectTimeout() async throws {
    let full = try FullBacklog()
    let failure = try await failure(
      of: HTTPRequest(.get, "http://127.0.0.1:\(full.port)/"), .init(connectTimeout: .milliseconds(200)))
    #expect(failure.kind == .connectTimeout)
    withExtendedLifetime(full) {}
  }

  @Test("a server that takes the connection and stands still in the TLS handshake: connect timeout")
  func handshakeTimeout() async throws {
    try await RawServer.with({ _ in [.halt] }) { server in
      let failure = try await failure(
        of: HTTPRequest(.get, "https://127.0.0.1:\(server.port)/"), .init(connectTimeout: .milliseconds(200)))
      #expect(failure.kind == .connectTimeout)
    }
  }

  @Test("a name without an address")
  func dns() async throws {
    let failure = try await failure(
      of: HTTPRequest(.get, "http://no-such-host.invalid/"), .init(connectTimeout: .seconds(60)))
    #expect(failure.kind == .dnsFailed)
    #expect(failure.detail.contains("no-such-host.invalid"))
  }

  @Test(
    "silence ends the exchange, before the head, within it and in the body",
    arguments: ["", "HTTP/1.1 200 O", head, head + "some"])
  func silence(beginning: String) async throws {
    try await RawServer.with({ _ in beginning.isEmpty ? [.halt] : [.send(beginning), .halt] }) { server in
      let failure = try await failure(of: .get(server, limits: HTTPLimits(silence: .milliseconds(100))))
      #expect(failure.kind == .silence)
      #expect(try await server.hasNoConnections())
    }
  }

  @Test("a body that drips for ever is no silence, but ends by the total limit")
  func drip() async throws {
    try await RawServer.with({ _ in [.send(Self.chunkedHead), .drip("1\r\nx\r\n", every: .milliseconds(5))] }) {
      server in
      let limits = HTTPLimits(silence: .seconds(30), total: .milliseconds(300))
      let failure = try await failure(of: .get(server, limits: limits))
      #expect(failure.kind == .total)
      #expect(try await server.hasNoConnections())
    }
  }

  @Test("a reader that is busy for longer than the silence limit is no silent server")
  func busyReader() async throws {
    try await RawServer.with({ request in
      request.head.contains("/slow")
        ? [.pause(.seconds(5)), RawServer.answer()]
        : [.send(Self.head), .send(String(repeating: "x", count: 100))]
    }) { server in
      let body = try await withClient { client in
        try await client.exchange(.get(server, limits: HTTPLimits(silence: .seconds(2)))) { answer in
          let slow = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/slow")
          _ = try await client.exchange(slow) { $0.status }
          return try await answer.prefix(1000)
        }
      }
      #expect(body.count == 100)
    }
  }

  @Test("a connection that is cut", arguments: [("", false), ("HTTP/1.1 20", false), (head + "some", true)])
  func cut(beginning: String, answerBegan: Bool) async throws {
    try await RawServer.with({ _ in beginning.isEmpty ? [.close] : [.send(beginning), .close] }) { server in
      let failure = try await failure(of: .get(server))
      #expect(failure.kind == .connectionLost)
      #expect(failure.answerBegan == answerBegan)
      #expect(server.received.count == 1)
    }
  }

  @Test("a chunked body without its last chunk is cut, not ended")
  func cutChunks() async throws {
    try await RawServer.with({ _ in [.send(Self.chunkedHead + "4\r\nsome\r\n"), .close] }) { server in
      let failure = try await failure(of: .get(server))
      #expect(failure.kind == .connectionLost)
    }
  }

  @Test("an answer that is not HTTP")
  func malformed() async throws {
    try await RawServer.with({ _ in [.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")] }) { server in
      let failure = try await failure(of: .get(server))
      #expect(failure.kind == .malformedAnswer)
    }
  }

  @Test("a body beyond the limit, announced or not")
  func tooLarge() async throws {
    for head in [Self.head, Self.chunkedHead + "64\r\n"] {
      try await RawServer.with({ _ in [.send(head + String(repeating: "x", count: 100)), .send("\r\n0\r\n\r\n")] }) {
        server in
        let failure = try await failure(of: .get(server, limits: HTTPLimits(bodyBytes: 99)))
        #expect(failure.kind == .bodyTooLarge)
      }
    }
  }

  @Test("a gzip bomb")
  func bomb() async throws {
    let packed = try await gzip([UInt8](repeating: 0, count: 64 << 20))
    try await RawServer.with({ _ in
      [
        .send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n"),
        .sendBytes(packed),
      ]
    }) { server in
      let failure = try await failure(
        of: .get(server, limits: HTTPLimits(bodyBytes: .max)), .init(decompressesAnswers: true))
      #expect(failure.kind == .decompressionLimit)
    }
  }

  @Test("a gzip body that is no gzip, or is cut inside")
  func brokenGzip() async throws {
    let packed = try await gzip(Array("hello, hello, hello".utf8))
    for body in [Array("plain".utf8), Array(packed.dropLast(9))] {
      try await RawServer.with({ _ in
        [.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"), .sendBytes(body)]
      }) { server in
        let failure = try await failure(of: .get(server), .init(decompressesAnswers: true))
        #expect(failure.answerBegan)
      }
    }
  }

  @Test("cancelling ends the wait, and the connection", arguments: ["", head, head + "some"])
  func cancellation(beginning: String) async throws {
    try await RawServer.with({ _ in beginning.isEmpty ? [.halt] : [.send(beginning), .halt] }) { server in
      try await withClient { client in
        let task = Task { try await client.exchange(.get(server)) { try await $0.prefix(1000) } }
        let hasArrived = try await server.hasReceived(1)
        #expect(hasArrived)
        task.cancel()
        let failure = await #expect(throws: HTTPFailure.self) { try await task.value }
        #expect(failure?.kind == .cancelled)
        let isClosed = try await server.hasNoConnections()
        #expect(isClosed)
      }
    }
  }

  @Test("cancelling while connecting ends the wait, and a shutdown does not wait for the connection either")
  func cancelConnecting() async throws {
    let full = try FullBacklog()
    try await withClient { client in
      let task = Task { try await client.exchange(HTTPRequest(.get, "http://127.0.0.1:\(full.port)/")) { $0.status } }
      for _ in 0..<100 { await Task.yield() }
      task.cancel()
      let failure = await #expect(throws: HTTPFailure.self) { try await task.value }
      #expect(failure?.kind == .cancelled)
    }
    withExtendedLifetime(full) {}
  }

  @Test("cancelling at any moment gives the answer or the cancellation")
  func cancelRace() async throws {
    try await RawServer.with({ _ in [RawServer.answer("200 OK", "body")] }) { server in
      try await withClient { client in
        for round in 0..<100 {
          let task = Task { try await client.exchange(.get(server)) { try await $0.prefix(1000) } }
          for _ in 0..<round { await Task.yield() }
          task.cancel()
          do {
            let body = try await task.value
            #expect(body.count == 4)
          } catch let failure as HTTPFailure {
            #expect(failure.kind == .cancelled)
          }
        }
      }
    }
  }
}
