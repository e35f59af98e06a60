import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// Hostile connections: too many, too slow, not HTTP, or made so that two readers read two different requests.
@Suite(.serialized) struct CrowdTests {
  /// Returns what a raw connection got until it was closed, or got nothing for a while.
  private static func say(_ text: String, to port: UInt16, within limit: Int32 = 3_000) throws -> String {
    let socket = try LoopbackSocket.connect(to: port)
    defer { close(socket) }
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var polls = [pollfd(fd: socket, events: Int16(POLLIN), revents: 0)]
      guard poll(&polls, 1, limit) > 0 else { break }
      let count = read(socket, &buffer, buffer.count)
      guard count > 0 else { break }
      answer += buffer[..<count]
      // One answer is enough where the connection stays open.
      if String(decoding: answer, as: UTF8.self).contains("\r\n\r\n"), text.contains("keep-alive") { break }
    }
    return String(decoding: answer, as: UTF8.self)
  }

  private static func isAlive(_ port: UInt16) throws -> Bool {
    try say("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n", to: port)
      .hasPrefix("HTTP/1.1 200")
  }

  /// Gives `body` a primary with one repository, and expects that it still runs at the end.
  private static func withPrimary(
    _ name: String, more: String = "", _ body: (AgentPairFixture, ChildProcess) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory(name) { directory in
      var settings = AgentPairFixture.Settings()
      settings.primary += "\n\(more)"
      let fixture = try AgentPairFixture(directory, settings: settings)
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
      _ = try builder.build(at: fixture.source("project"))
      let primary = try fixture.startPrimary()
      try await body(fixture, primary)
      #expect(primary.isRunning)
    }
  }

  @Test func `ten thousand connections do not keep the operator out, and are forgotten once they are gone`()
    async throws
  {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    // Where a process may not have so many open files, the crowd is as large as it can be.
    let count = min(10_000, Int(clamping: limit.rlim_cur) - 500)
    try #require(count > 100)
    try await Self.withPrimary("crowd") { fixture, _ in
      var sockets: [Int32] = []
      defer { for socket in sockets { close(socket) } }
      for _ in 0..<count {
        // Beyond the agent's limit they wait in the kernel's queue, and beyond that one they are not even taken.
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard socket >= 0 else { break }
        sockets.append(socket)
        LoopbackSocket.beginConnecting(socket, to: fixture.port)
      }
      #expect(sockets.count == count)
      try await fixture.asking { pair in
        let status = try await pair.status(of: \.primary)
        #expect(status.isHealthy, "the operator's door is another one")
      }
      for socket in sockets { close(socket) }
      sockets = []
      try await fixture.asking { pair in
        try await pair.until("requests are answered again") { try Self.isAlive(fixture.port) }
      }
      print("\(count) connections")
    }
  }

  @Test func `two hundred that speak a byte now and then hold up nobody`() async throws {
    try await Self.withPrimary("loris") { fixture, _ in
      var sockets: [Int32] = []
      defer { for socket in sockets { close(socket) } }
      for number in 0..<200 {
        let socket = try LoopbackSocket.connect(to: fixture.port)
        sockets.append(socket)
        let begun =
          number % 2 == 0
          ? "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\nX-Slow: "
          : "POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\nContent-Length: 1000\r\n\r\n{"
        _ = begun.withCString { send(socket, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
      }
      for _ in 0..<20 {
        for socket in sockets { _ = send(socket, "a", 1, Int32(MSG_NOSIGNAL)) }
        #expect(try Self.isAlive(fixture.port))
      }
    }
  }

  private struct Attempt {
    let name: String
    let text: String
    /// The statuses that are right; 0: closed without an answer.
    let statuses: Set<Int>
  }

  @Test func `what is not one clear request is refused, and says nothing that was put into it`() async throws {
    try await Self.withPrimary("smuggle") { fixture, primary in
      let host = "Host: 127.0.0.1:\(fixture.port)\r\n"
      let admin = "Authorization: Bearer \(try fixture.secret("admin"))\r\n"
      let event = #"{"event":"push","replicable_name":"project_repository","id":"project"}"#
      let none =
        "Authorization: Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0."
        + Data(#"{"iss":"berlin","aud":"main"}"#.utf8).base64EncodedString().replacing("=", with: "") + ".\r\n"
      let attempts = [
        Attempt(name: "garbage", text: "\u{1}\u{2}\u{3} what is this\r\n\r\n", statuses: [400, 0]),
        Attempt(name: "TLS on a plain door", text: "\u{16}\u{3}\u{1}\u{0}\u{5}hello", statuses: [400, 0]),
        Attempt(
          name: "two lengths",
          text:
            "POST /api/v1/events HTTP/1.1\r\n\(host)\(admin)Content-Length: 5\r\nContent-Length: 70\r\n\r\n\(event)",
          statuses: [400, 0]),
        Attempt(
          name: "a length and chunks",
          text:
            "POST /api/v1/events HTTP/1.1\r\n\(host)\(admin)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          statuses: [400, 0]),
        Attempt(
          name: "a head of a megabyte",
          text: "GET /healthz HTTP/1.1\r\n\(host)X-Long: \(String(repeating: "a", count: 1 << 20))\r\n\r\n",
          statuses: [431, 400, 0]),
        Attempt(
          name: "no host", text: "GET /api/v1/status HTTP/1.1\r\nConnection: close\r\n\r\n", statuses: [400, 421, 0]),
        Attempt(
          name: "two hosts",
          text: "GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\n\(host)Connection: close\r\n\r\n",
          statuses: [400, 421, 0]),
        Attempt(
          name: "a line end in an id",
          text:
            "GET /api/v1/kinds/project_repository/standing?id=a%0d%0aX-Injected:%20yes HTTP/1.1\r\n\(host)\(admin)Connection: close\r\n\r\n",
          statuses: [400]),
        Attempt(
          name: "a line end in a path",
          text:
            "GET /git/project_repository/a%0d%0aX-Injected:%20yes.git/info/refs?service=git-upload-pack HTTP/1.1\r\n\(host)\(admin)Connection: close\r\n\r\n",
          statuses: [400]),
        Attempt(
          name: "a bare line feed in a header",
          text: "GET /healthz HTTP/1.1\r\n\(host)X-A: b\nX-Injected: yes\r\nConnection: close\r\n\r\n",
          statuses: [200, 400, 0]),
        Attempt(
          name: "a token that is not signed",
          text: "GET /api/v1/events HTTP/1.1\r\n\(host)\(none)Connection: close\r\n\r\n",
          statuses: [401]),
      ]
      for attempt in attempts {
        let answer = try Self.say(attempt.text, to: fixture.port)
        let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        #expect(attempt.statuses.contains(status), "\(attempt.name): \(answer.prefix(300))")
        let head = answer.components(separatedBy: "\r\n\r\n").first ?? ""
        #expect(!head.lowercased().contains("x-injected"), "\(attempt.name): \(head)")
        #expect(!answer.contains(fixture.directory.path), "\(attempt.name) tells no path")
        #expect(try Self.isAlive(fixture.port), "alive after \(attempt.name)")
        print("\(attempt.name): \(status)")
      }
      // A hundred megabytes in chunks, without a length: refused as soon as it is too much.
      let chunk = "100000\r\n" + String(repeating: " ", count: 1 << 20) + "\r\n"
      let long = try Self.say(
        "POST /api/v1/events HTTP/1.1\r\n\(host)\(admin)Transfer-Encoding: chunked\r\n\r\n"
          + String(repeating: chunk, count: 100) + "0\r\n\r\n", to: fixture.port)
      #expect(long.isEmpty || long.hasPrefix("HTTP/1.1 413"), "\(long.prefix(200))")
      #expect(try Self.isAlive(fixture.port))
      let log = primary.errorsSoFar
      let secret = try fixture.secret("admin")
      #expect(!log.contains(secret))
      #expect(
        !log.split(separator: "\n").contains { $0.hasPrefix("X-Injected") }, "no second line of a log by somebody else")
    }
  }
}
