import Agent
import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing

@testable import AgentServer

@Suite("The event stream", .serialized)
struct StreamTests {
  private static let reader = [("Authorization", "Bearer \(AccessFixture.reader)")]

  /// Opens a stream by a plain socket.
  private static func open(_ fixture: AccessFixture, after id: String? = nil) throws -> Int32 {
    let socket = try LoopbackSocket.connect(to: UInt16(fixture.port))
    let last = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
    let head =
      "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(AccessFixture.reader)\r\n\(last)\r\n"
    guard LoopbackSocket.send(Array(head.utf8), to: socket) else { throw TestSupportError("send: \(errno)") }
    return socket
  }

  /// Reads until a text has come, or the other end is closed.
  private static func read(_ socket: Int32, until text: String?, within seconds: Int32 = 30) async throws -> String {
    try await OwnThread.run {
      var all = ""
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        if let text, all.contains(text) { return all }
        var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, seconds * 1_000) == 1 else { throw TestSupportError("nothing came after: \(all)") }
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { return all }
        all += String(decoding: buffer[..<count], as: UTF8.self)
      }
    }
  }

  private static func ids(_ text: String) -> [String] {
    text.matches(of: /id: (\S+)/).map { String($0.output.1) }
  }

  /// Has something happen to the one repository: its checksum is read again.
  private static func happen(_ fixture: AccessFixture) async throws {
    let body = Array(#"{"action":"reverify","ids":["one"]}"#.utf8)
    let admin = [("Authorization", "Bearer \(AccessFixture.admin)"), ("Content-Type", "application/json")]
    let path = "/api/v1/kinds/project_repository/registry/actions"
    // It is not there before the first scan.
    for _ in 0..<2_000 {
      if try await fixture.ask(.post, path, admin, body: body).status == 200 { return }
    }
    throw TestSupportError("no order was taken")
  }

  private static func withStream(
    _ change: @escaping @Sendable (inout AccessFixture.Settings) -> Void = { _ in },
    _ body: (AccessFixture) async throws -> Void
  ) async throws {
    var settings = AccessFixture.Settings()
    change(&settings)
    try await withAgent(settings) { directory in
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
      try FileManager.default.createDirectory(atPath: directory.path("sources"), withIntermediateDirectories: true)
      _ = try builder.build(at: directory.path("sources/one.git"))
    } _: {
      try await body($0)
    }
  }

  @Test("it ends when its time is up, and its place is free")
  func end() async throws {
    try await Self.withStream {
      $0.change = { $0.streamLifetime = .seconds(1) }
      $0.plan = { $0.streams = 1 }
    } _: { fixture in
      for _ in 0..<3 {
        let socket = try Self.open(fixture)
        let text = try await Self.read(socket, until: nil)
        close(socket)
        #expect(text.hasPrefix("HTTP/1.1 200") && text.contains("event: start"))
        // The end of the body, not of the connection alone.
        #expect(text.hasSuffix("0\r\n\r\n"))
      }
    }
  }

  @Test("its place is free at once when the client is gone, in each way that it can go")
  func gone() async throws {
    try await Self.withStream {
      $0.plan = { $0.streams = 4 }
    } _: { fixture in
      let leave: [(Int32) -> Void] = [
        { close($0) },
        { socket in
          // Without a goodbye: a reset.
          var linger = linger(l_onoff: 1, l_linger: 0)
          setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
          close(socket)
        },
        { shutdown($0, Int32(SHUT_WR)) },
      ]
      for leave in leave {
        var sockets: [Int32] = []
        for _ in 0..<4 { sockets.append(try Self.open(fixture)) }
        for socket in sockets { _ = try await Self.read(socket, until: "event: start") }
        #expect(try await fixture.ask(.get, "/api/v1/stream", Self.reader).status == 503)
        for socket in sockets { leave(socket) }
        var status = 503
        for _ in 0..<2_000 where status == 503 {
          status = try await fixture.ask(.get, "/api/v1/stream", Self.reader).status
        }
        #expect(status == 200)
      }
    }
  }

  @Test("a HEAD and a refusal hold no place")
  func head() async throws {
    try await Self.withStream {
      $0.plan = { $0.streams = 1 }
    } _: { fixture in
      for _ in 0..<5 { #expect(try await fixture.ask(.head, "/api/v1/stream", Self.reader).status == 200) }
      #expect(try await fixture.ask(.get, "/api/v1/stream").status == 401)
      let socket = try Self.open(fixture)
      _ = try await Self.read(socket, until: "event: start")
      close(socket)
    }
  }

  @Test("a client that comes back goes on behind the last event that it had")
  func resume() async throws {
    try await Self.withStream { _ in
    } _: { fixture in
      let first = try Self.open(fixture)
      var text = try await Self.read(first, until: "event: start")
      try await Self.happen(fixture)
      text += try await Self.read(first, until: "event: change")
      close(first)
      let last = try #require(Self.ids(text).last)
      let start = try #require(Self.ids(text).first)
      #expect(last != start)
      try await Self.happen(fixture)
      // No event is lost, whether or not it was sent while a reader was connected.
      let second = try Self.open(fixture, after: last)
      let more = try await Self.read(second, until: "event: change")
      close(second)
      #expect(!more.contains("event: reset") && !Self.ids(more).dropFirst().contains(last))
      // From further back: all of it again, in order and each once.
      let third = try Self.open(fixture, after: start)
      let all = try await Self.read(third, until: Self.ids(more).last ?? "none")
      close(third)
      let numbers = Self.ids(all).dropFirst().compactMap { $0.split(separator: "-").last.flatMap { UInt64($0) } }
      #expect(numbers.first == start.split(separator: "-").last.flatMap { UInt64($0) }.map { $0 + 1 })
      #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
      // What is no id of this run says so, and harms nothing.
      for id in ["0", "x-1", "\(last)9", "-", "\(start.prefix { $0 != "-" })-18446744073709551616"] {
        let socket = try Self.open(fixture, after: id)
        #expect(try await Self.read(socket, until: "data: {}").contains("event: reset"), "\(id)")
        close(socket)
      }
    }
  }
}
