import Agent
import AgentAPI
import BoundedHTTP
import Foundation
import Hummingbird
import NIOCore
import Replication
import SiteTokens
import TestSupport
import Testing

@testable import AgentServer

@Suite("Shares of each client", .serialized)
struct ShareTests {
  private static func client(_ address: String) -> Client {
    Client([:], peer: address, isSecure: false, trusting: [])
  }

  @Test("wrong tokens are counted by client, right ones never are")
  func rates() throws {
    var limits = PeerRates.Limits()
    (limits.requestsPerSecond, limits.refusalsPerMinute) = (1, 12)
    let rates = PeerRates(limits)
    for _ in 0..<5 { try rates.refuse(Self.client("2001:db8::1"), .token) }
    let fault = #expect(throws: AgentFault.self) { try rates.refuse(Self.client("2001:db8::ffff:1"), .token) }
    #expect(fault?.status == 429 && fault?.code == "too_many_guesses")
    try rates.refuse(Self.client("2001:db8:0:1::1"), .token)
    // Signatures are counted for themselves.
    try rates.refuse(Self.client("2001:db8::1"), .signature)
    #expect(throws: AgentFault.self) { try rates.refuse(Self.client("2001:db8::1"), .signature) }
    // And requests too: a client that shares the address of a client with a wrong token is not throttled.
    for _ in 0..<2 { try rates.admit("2001:db8::/64") }
    #expect(throws: AgentFault.self) { try rates.admit("2001:db8::/64") }
    try rates.admit("site berlin")
  }

  @Test("one client begins so many sessions, and no more; and so many of one token stay")
  func signIns() async throws {
    var limits = PeerRates.Limits()
    limits.signInsPerMinute = 3
    let rates = PeerRates(limits)
    for _ in 0..<3 { try rates.signIn(Self.client("192.0.2.1")) }
    let fault = #expect(throws: AgentFault.self) { try rates.signIn(Self.client("192.0.2.1")) }
    #expect(fault?.status == 429 && fault?.code == "too_many_sign_ins")
    try rates.signIn(Self.client("192.0.2.2"))
    try await withAgent { (fixture) async throws in
      let admin = try await fixture.signIn()
      for _ in 0..<25 { _ = try await fixture.signIn(AccessFixture.reader) }
      #expect(try await fixture.ask(.get, "/", [("Cookie", admin)]).status == 200)
    }
  }

  @Test("a listing, a history and a proof give a reader no more than git would")
  func servedRefs() async throws {
    var settings = AccessFixture.Settings()
    settings.change = { doors in
      var rules = AgentConfiguration.Serving.everything
      rules.selection = (try? SelectiveSync(exclude: ["secret"])) ?? .everything
      rules.hiddenRefs = ["refs/embargo"]
      doors.serving["project_repository"] = rules
    }
    try await withAgent(settings) { directory in
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "b"]))
      for name in ["one", "secret"] { _ = try builder.build(at: directory.path("sources/\(name).git")) }
    } _: { (fixture) async throws in
      let (kind, reader, admin) = (
        "/api/v1/kinds/project_repository", [("Authorization", "Bearer \(AccessFixture.reader)")],
        [("Authorization", "Bearer \(AccessFixture.admin)")]
      )
      #expect(try await fixture.ask(.get, "\(kind)/listing?id=one", reader).status == 403)
      #expect(try await fixture.ask(.get, "\(kind)/listing?id=secret", reader).status == 404)
      #expect(try await fixture.ask(.get, "\(kind)/listing?id=one", admin).status == 200)
      #expect(try await fixture.ask(as: "berlin", .get, "\(kind)/listing?id=secret").status == 200)
      #expect(try await fixture.ask(.get, "\(kind)/standing?id=one", reader).status == 200)
      let marks = "\(kind)/standing?id=one&incarnation=0000000000000001&marks=\(String(repeating: "0", count: 40))"
      #expect(try await fixture.ask(.get, marks, reader).status == 403)
    }
  }

  @Test("strangers lock no client out: neither readers nor sites nor probes, from the same address")
  func strangers() async throws {
    try await withAgent { fixture in
      #expect(try await fixture.ask(as: "berlin", .get, "/api/v1/fence").status == 200)
      var statuses: Set<Int> = []
      for number in 0..<140 {
        for token in ["a.b\(number)", "wrong\(number)"] {
          statuses.insert(try await fixture.ask(.get, "/x", [("Authorization", "Bearer \(token)")]).status)
        }
      }
      #expect(statuses == [401, 429])
      #expect(try await fixture.ask(as: "berlin", .get, "/api/v1/fence").status == 200)
      #expect(try await fixture.ask(.get, "/healthz").status == 200)
      #expect(try await fixture.ask(.get, "/readyz").status != 429)
      #expect(try await fixture.ask(.get, "/sign-in").status == 200)
      let admin = [("Authorization", "Bearer \(AccessFixture.admin)")]
      #expect(try await fixture.ask(.get, "/api/v1/features", admin).status == 200)
      let basic = Data("x:\(AccessFixture.reader)".utf8).base64EncodedString()
      #expect(try await fixture.ask(.get, "/api/v1/features", [("Authorization", "Basic \(basic)")]).status == 200)
      #expect(try await fixture.signIn().hasPrefix("remora_session_main="))
    }
  }

  @Test("the budget of bodies is one for all, and a quarter of it for one")
  func budget() throws {
    let budget = BodyBudget(most: 400, largest: 50, setting: "limits.test")
    let (one, same, other) = (budget.lease(for: "a"), budget.lease(for: "a"), budget.lease(for: "b"))
    try one.take(60)
    try same.take(40)
    let fault = #expect(throws: AgentFault.self) { try same.take(1) }
    #expect(fault?.status == 503 && "\(fault?.hint ?? "")".contains("limits.test"))
    try other.take(100)
    one.end()
    one.end()
    try same.take(60)
    #expect(budget.taken == 200)
    // What is dropped is given back.
    do { try budget.lease(for: "c").take(100) }
    #expect(budget.taken == 200)
    // A body that is larger than a quarter is still accepted.
    try BodyBudget(most: 100, largest: 80, setting: "").lease(for: "a").take(80)
  }

  private static func body(_ text: String, piece: Int = 3) -> RequestBody {
    let pieces = stride(from: 0, to: text.utf8.count, by: piece).map {
      ByteBuffer(bytes: Array(text.utf8.dropFirst($0).prefix(piece)))
    }
    return RequestBody(
      asyncSequence: AsyncStream { continuation in
        for piece in pieces { continuation.yield(piece) }
        continuation.finish()
      })
  }

  @Test("a body ends where it is too long, and its budget comes back")
  func guarded() async throws {
    let budget = BodyBudget(most: 1_000, largest: 100, setting: "")
    let long = GuardedBody(
      body: Self.body(String(repeating: "x", count: 90)), limit: 30, lease: budget.lease(for: "a"), admission: nil,
      verdict: .init())
    let fault = await #expect(throws: AgentFault.self) { try await long.drain() }
    #expect(fault?.status == 413 && long.verdict.refusal is AgentFault)
    long.lease?.end()
    #expect(budget.taken == 0)
  }

  @Test("a site's body is what it has signed, also where its route does not look")
  func signed() async throws {
    try await withAgent { directory in
      try FileManager.default.createDirectory(atPath: directory.path("sources"), withIntermediateDirectories: true)
      _ = try RepositoryBuilder().build(at: directory.path("sources/one.git"))
    } _: { fixture in
      let (good, bad) = (Array(#"{"epoch":1}"#.utf8), Array(#"{"epoch":9}"#.utf8))
      let git = "/git/project_repository/one.git/git-upload-pack"
      for path in ["/api/v1/sites/report", "/api/v1/fence", git] {
        let type = [("Content-Type", path == git ? "application/x-git-upload-pack-request" : "application/json")]
        let answer = try await fixture.ask(as: "berlin", .post, path, type, body: bad, signing: good)
        #expect(answer.status == 401 && answer.text.contains("token_other_request"), "\(path): \(answer.text)")
        // The token of a body that did not come is used up; the next one is good.
        #expect(try await fixture.ask(as: "berlin", .post, path, type, body: good).status != 401, "\(path)")
      }
      // A body where none is read.
      let fence = "/api/v1/fence"
      #expect(try await fixture.ask(as: "berlin", .get, fence, body: bad, signing: good).status == 401)
      #expect(try await fixture.ask(as: "berlin", .get, fence, body: bad, signing: []).status == 401)
      #expect(try await fixture.ask(as: "berlin", .get, fence, body: good).status == 200)
    }
  }

  /// Sends a head and half of a body, and waits for what comes.
  private static func begin(_ head: String, sending count: Int, to port: Int) throws -> Int32 {
    let socket = try LoopbackSocket.connect(to: UInt16(port))
    let bytes = Array("\(head)\r\n\r\n".utf8) + [UInt8](repeating: 0x78, count: count)
    // A refusal closes the connection before all is sent.
    _ = LoopbackSocket.send(bytes, to: socket)
    return socket
  }

  /// Sends a head and nothing of its body, and returns the status line up to the status; `none` where no answer comes.
  private static func status(of head: String, _ fixture: AccessFixture) throws -> String {
    let socket = try begin(head, sending: 0, to: fixture.port)
    defer { close(socket) }
    var answer = [UInt8](repeating: 0, count: 12)
    var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&polled, 1, 20_000) == 1, recv(socket, &answer, answer.count, 0) == answer.count else { return "none" }
    return String(decoding: answer, as: UTF8.self)
  }

  @Test(
    "no body is read of who has no right to send one",
    arguments: ["Bearer a.b.c", "Bearer wrong", "Basic eDp5", ""])
  func unread(authorization: String) async throws {
    try await withAgent { fixture in
      for path in ["/git/project_repository/y.git/git-upload-pack", "/api/v1/features", "/graphql", "/api/v1/fence"] {
        let length = path.hasPrefix("/git") ? 60 << 20 : 1 << 20
        var head = "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(length)"
        if !authorization.isEmpty { head += "\r\nAuthorization: \(authorization)" }
        let status = try Self.status(of: head, fixture)
        #expect(status == "HTTP/1.1 401" || status == "HTTP/1.1 429", "\(path): \(status)")
      }
    }
  }

  @Test(
    "the body of a page's order is not read before a client has signed in",
    arguments: [("/sign-out", "403"), ("/features", "303")])
  func unreadForms(path: String, expected: String) async throws {
    try await withAgent { fixture in
      let head = "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000"
      let status = try Self.status(of: head, fixture)
      #expect(status == "HTTP/1.1 \(expected)")
    }
  }

  @Test(
    "a length that no number of ours holds is too large",
    arguments: ["9223372036854775807", "9223372036854775808", "18446744073709551615"])
  func hugeLengths(length: String) async throws {
    try await withAgent { fixture in
      for path in ["/webhooks/project_repository", "/graphql", "/git/project_repository/y.git/git-upload-pack"] {
        let head = "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(length)"
        let status = try Self.status(of: head, fixture)
        #expect(status == "HTTP/1.1 413", "\(path)")
      }
    }
  }

  @Test("a delivery is not read where none is taken")
  func deliveries() async throws {
    try await withAgent { fixture in
      let head = "POST /webhooks/project_repository HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(20 << 20)"
      let status = try Self.status(of: head, fixture)
      #expect(status == "HTTP/1.1 404")
    }
  }

  @Test("readers whose bodies drip in keep no place that others need")
  func slowReaders() async throws {
    try await withAgent { fixture in
      var sockets: [Int32] = []
      defer { for socket in sockets { close(socket) } }
      for path in ["/sign-in", "/graphql", "/sign-in", "/graphql", "/sign-in", "/graphql", "/sign-in", "/graphql"] {
        let head =
          "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(AccessFixture.reader)\r\nContent-Length: 500"
        sockets.append(try Self.begin(head, sending: 5, to: fixture.port))
      }
      for _ in 0..<5 {
        let reader = [("Authorization", "Bearer \(AccessFixture.reader)")]
        #expect(try await fixture.ask(.get, "/api/v1/status", reader).status == 200)
      }
    }
  }

  @Test("one client has so many connections, and its places come back")
  func connections() async throws {
    var settings = AccessFixture.Settings()
    settings.change = { $0.connectionsOfClient = 8 }
    try await withAgent(settings) { fixture in
      var sockets: [Int32] = []
      defer { for socket in sockets { close(socket) } }
      for _ in 0..<20 { sockets.append(try LoopbackSocket.connect(to: UInt16(fixture.port))) }
      // Those beyond the share are closed at once, the others are not.
      let closed = { () -> Int in
        sockets.count { socket in
          var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
          return poll(&polled, 1, 0) == 1
        }
      }
      #expect(await eventually { closed() == 12 })
      for socket in sockets { close(socket) }
      sockets = []
      var isAnswered = false
      for _ in 0..<1_000 where !isAnswered { isAnswered = (try? await fixture.ask(.get, "/healthz").status) == 200 }
      #expect(isAnswered)
    }
  }
}
