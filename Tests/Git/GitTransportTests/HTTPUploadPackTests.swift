import GitTransport
import TestSupport
import Testing
import WorkerPool

/// What the channel asks, and what it makes of answers.
@Suite struct HTTPUploadPackTests {
  private static let advertisementPath = "/r.git/info/refs"

  private static func result(_ text: String) -> ScriptedAnswer {
    ScriptedAnswer(200, type: "application/x-git-upload-pack-result", text)
  }

  private static func answers(_ script: [String: [ScriptedAnswer]]) throws -> ScriptedHTTPServer {
    try ScriptedHTTPServer(script)
  }

  @Test("the questions are those of the protocol, over one connection")
  func questions() async throws {
    let server = try Self.answers([
      Self.advertisementPath: [GitAnswers.capabilities()], "/r.git/git-upload-pack": [Self.result("answer")],
    ])
    let texts = try await HTTPChannel().with(server.url("/r.git/")) { channel in
      #expect(channel.isStateless)
      #expect(!channel.mayAssumeVersion2)
      let first = try channel.openAdvertisement().readText()
      let small = try channel.send(Array("small".utf8)).readText()
      let large = try channel.send([UInt8](repeating: 0x61, count: 5000)).readText()
      return [first, small, large]
    }
    #expect(texts[0].hasPrefix("001e# service=git-upload-pack"))
    #expect(texts[1...] == ["answer", "answer"])
    let requests = server.requests
    #expect(requests.map(\.method) == ["GET", "POST", "POST"])
    #expect(requests[0].target == "/r.git/info/refs?service=git-upload-pack")
    for request in requests {
      #expect(request.headers["git-protocol"] == "version=2")
      #expect(request.headers["user-agent"]?.hasPrefix("git/") == true)
      #expect(request.headers["authorization"] == nil)
    }
    #expect(requests[1].body == Array("small".utf8))
    #expect(requests[1].headers["content-type"] == "application/x-git-upload-pack-request")
    #expect(requests[1].headers["accept"] == "application/x-git-upload-pack-result")
    #expect(requests[2].headers["content-encoding"] == "gzip")
    #expect(server.connectionCount == 1)
    server.stop()
  }

  @Test("an answer that was not read to its end costs its connection, not the next request")
  func unreadAnswer() async throws {
    let endless = ScriptedAnswer(
      200, headers: [("Content-Type", "application/x-git-upload-pack-result")],
      parts: [.bytes([1, 2, 3]), .stall], framing: .chunked)
    let server = try Self.answers(["/r.git/git-upload-pack": [endless, Self.result("second")]])
    let text = try await HTTPChannel().with(server.url("/r.git")) { channel in
      _ = try channel.send([1])
      return try channel.send([2]).readText()
    }
    #expect(text == "second")
    #expect(server.connectionCount == 2)
    server.stop()
  }

  @Test("the protocol version of an origin is remembered for its other repositories, within these transports")
  func version2() async throws {
    let server = try Self.answers([:])
    try await HTTPChannel().withTransports { transports in
      func channel(_ path: String) throws -> any UploadPackChannel {
        try transports.channel(
          for: SourceURL(server.url(path)), cancellation: CancellationFlag(), deadline: .distant)
      }
      #expect(try !channel("/a").mayAssumeVersion2)
      try channel("/a").noteVersion2()
      #expect(try channel("/b").mayAssumeVersion2)
    }
    try await HTTPChannel().with(server.url("/a")) { #expect(!$0.mayAssumeVersion2) }
    server.stop()
  }

  @Test(
    "invalid answers are distinguished",
    arguments: [
      (ScriptedAnswer.html, TransportError.Code.sourceNotARepository, "page"),
      (ScriptedAnswer(200, type: "application/json", "{}"), .sourceNotARepository, "application/json"),
      (
        ScriptedAnswer(200, type: "text/plain", String(repeating: "a", count: 40) + "\trefs/heads/main\n"),
        .unsupportedSource, "dumb"
      ),
      (ScriptedAnswer(204, ""), .protocolError, "204"),
      (ScriptedAnswer(403, "you may not\u{1B}[31m\n"), .sourceAccessDenied, "you may not"),
      (ScriptedAnswer(404, "not here\n"), .sourceNotFound, "not here"),
      (ScriptedAnswer(410, ""), .sourceNotFound, "410"),
      (ScriptedAnswer(429, headers: [("Retry-After", "120")]), .rateLimited, "retry after 120"),
      (ScriptedAnswer(503, headers: [("Retry-After", "5")]), .rateLimited, "retry after 5"),
      (ScriptedAnswer(503, ""), .serverError, "503"),
      (ScriptedAnswer(500, type: "text/html", "<h1>oops</h1>"), .serverError, "500"),
      (ScriptedAnswer(418, ""), .protocolError, "418"),
    ])
  func answers(answer: ScriptedAnswer, code: TransportError.Code, says: String) async throws {
    let server = try Self.answers([Self.advertisementPath: [answer]])
    let error = try await HTTPChannel().failure(server.url("/r.git"))
    #expect(error.code == code)
    #expect("\(error)".contains(says), "\(error)")
    #expect(!"\(error)".contains("\u{1B}") && !"\(error)".contains("<h1>"))
    #expect(error.subject == server.url("/r.git"))
    server.stop()
  }

  @Test("a post is not redirected, and its answer must be git's")
  func badPosts() async throws {
    let server = try Self.answers(["/r.git/git-upload-pack": [.redirect(to: "/elsewhere/git-upload-pack"), .html]])
    let codes = try await HTTPChannel().with(server.url("/r.git")) { channel in
      try (0..<2).map { _ in
        let error = #expect(throws: TransportError.self) { try channel.send([1]) }
        return try #require(error).code
      }
    }
    #expect(codes == [.redirectRefused, .sourceNotARepository])
    #expect(server.requests.count == 2)
    server.stop()
  }

  @Test("a kept-alive connection that the server closed meanwhile costs one more request, not the run")
  func staleConnection() async throws {
    let server = try Self.answers([
      "/r.git/git-upload-pack": [
        Self.result("first"), ScriptedAnswer(200, parts: [.cut], framing: .raw), Self.result("second"),
      ]
    ])
    let texts = try await HTTPChannel().with(server.url("/r.git")) { channel in
      [try channel.send([1]).readText(), try channel.send([2]).readText()]
    }
    #expect(texts == ["first", "second"])
    #expect(server.requests.count == 3)
    server.stop()
  }

  @Test("a server that always hangs up is asked twice and no more")
  func alwaysCut() async throws {
    let server = try Self.answers([Self.advertisementPath: [ScriptedAnswer(200, parts: [.cut], framing: .raw)]])
    let error = try await HTTPChannel().failure(server.url("/r.git"))
    #expect(error.code == .connectionLost)
    #expect(error.disposition == .retryNow)
    #expect(server.requests.count == 2)
    server.stop()
  }

  @Test("an answer that is cut after its beginning is an error where it ends, and is not asked again")
  func cutBody() async throws {
    let cut = ScriptedAnswer(
      200, headers: [("Content-Type", "application/x-git-upload-pack-advertisement")],
      parts: [.bytes([1, 2, 3]), .cut], framing: .declared(100))
    let server = try Self.answers([Self.advertisementPath: [cut]])
    #expect(try await HTTPChannel().failure(server.url("/r.git")).code == .connectionLost)
    #expect(server.requests.count == 1)
    server.stop()
  }

  @Test("silence, before the head and in the body, ends with a timeout")
  func silence() async throws {
    let type = [("Content-Type", "application/x-git-upload-pack-advertisement")]
    let silent = ScriptedAnswer(200, headers: type, parts: [.stall], framing: .raw)
    let stalled = ScriptedAnswer(200, headers: type, parts: [.bytes([1]), .stall], framing: .chunked)
    for answer in [silent, stalled] {
      let server = try Self.answers([Self.advertisementPath: [answer]])
      var channel = HTTPChannel()
      channel.configuration.silenceTimeout = .milliseconds(150)
      let error = try await channel.failure(server.url("/r.git"))
      #expect(error.code == .timeout)
      #expect(error.cause.contains("no byte"))
      server.stop()
    }
  }

  @Test("the deadline of the run holds whatever drips")
  func deadline() async throws {
    let drip = ScriptedAnswer(
      200, headers: [("Content-Type", "application/x-git-upload-pack-advertisement")],
      parts: (0..<2000).flatMap { _ in [ScriptedAnswer.Part.bytes([1]), .pause(.milliseconds(10))] }, framing: .chunked)
    let server = try Self.answers([Self.advertisementPath: [drip]])
    var channel = HTTPChannel()
    channel.deadline = .after(.milliseconds(300))
    let error = try await channel.failure(server.url("/r.git"))
    #expect(error.code == .timeout)
    channel.deadline = .after(.zero)
    #expect(try await channel.failure(server.url("/r.git")).code == .timeout)
    server.stop()
  }

  @Test("raising the flag ends the wait for the head and for the body")
  func cancellation() async throws {
    let stalled = ScriptedAnswer(
      200, headers: [("Content-Type", "application/x-git-upload-pack-advertisement")],
      parts: [.bytes([1]), .stall], framing: .chunked)
    for answer in [ScriptedAnswer(200, parts: [.stall], framing: .raw), stalled] {
      let server = try Self.answers([Self.advertisementPath: [answer]])
      let channel = HTTPChannel()
      OwnThread.start(named: "raiser") {
        if server.wait(forRequests: 1) { channel.cancellation.raise() }
      }
      await #expect(throws: Cancelled.self) { try await channel.advertisement(server.url("/r.git")) }
      await #expect(throws: Cancelled.self) { try await channel.advertisement(server.url("/r.git")) }
      #expect(server.requests.count == 1)
      server.stop()
    }
  }

  @Test("an advertisement beyond the limit is refused")
  func limit() async throws {
    let endless = ScriptedAnswer(
      200, headers: [("Content-Type", "application/x-git-upload-pack-advertisement")],
      parts: [.generated { _ in [UInt8](repeating: 0x61, count: 10_000) }], framing: .chunked)
    let server = try Self.answers([Self.advertisementPath: [endless]])
    var channel = HTTPChannel()
    channel.configuration.maximumAdvertisementBytes = 1_000_000
    #expect(try await channel.failure(server.url("/r.git")).code == .limitExceeded)
    server.stop()
  }

  @Test("failures of the network have codes of their own")
  func network() async throws {
    let closed = try ClosedPort()
    #expect(try await HTTPChannel().failure("http://127.0.0.1:\(closed.port)/r").code == .connectionRefused)
    #expect(try await HTTPChannel().failure("http://no-such-host.invalid/r").code == .dnsFailed)
    let full = try FullBacklog()
    var channel = HTTPChannel()
    channel.configuration.connectTimeout = .milliseconds(150)
    #expect(try await channel.failure("http://127.0.0.1:\(full.port)/r").code == .timeout)
    withExtendedLifetime((closed, full)) {}
  }

  @Test("no more requests to one host at once than allowed; the others wait")
  func connectionLimit() async throws {
    let server = try ScriptedHTTPServer { _ in GitAnswers.capabilities() }
    var channel = HTTPChannel()
    channel.configuration.connectionsPerHost = 2
    try await channel.withTransports { transports in
      let ended = (0..<12).map { _ in Delivery<Void>() }
      for (index, delivery) in ended.enumerated() {
        OwnThread.start(named: "client") {
          delivery.fulfill(
            Result {
              let channel = try transports.channel(
                for: SourceURL(server.url("/r\(index)")), cancellation: CancellationFlag(),
                deadline: .after(.seconds(60)))
              defer { channel.finish() }
              _ = try channel.openAdvertisement().readText()
            })
        }
      }
      for delivery in ended { try delivery.wait(until: .distant, cancellation: CancellationFlag()) }
    }
    #expect(server.requests.count == 12)
    server.stop()
  }
}
