import AgentAPI
import BoundedHTTP
import Foundation
import TestSupport
import Testing
import TextBytes
import WorkerPool

@testable import AgentClient

/// What an agent takes from another one is bounded, and its text fits one line, whatever the other one sends.
@Suite struct ForeignAnswerTests {
  private static func asking<Answer: Sendable>(
    _ answer: ScriptedAnswer, _ body: (AgentClient) async throws -> Answer
  ) async throws -> Answer {
    let server = try ScriptedHTTPServer { _ in answer }
    let http = BoundedHTTPClient()
    let result: Result<Answer, any Error>
    do {
      result = .success(try await body(AgentClient(.url(server.base), http: http)))
    } catch {
      result = .failure(error)
    }
    await http.shutdown()
    server.stop()
    return try result.get()
  }

  /// Returns a body that never ends by itself; how many pieces were taken is counted.
  private static func endless(_ status: Int, _ sent: Monitor<Int>) -> ScriptedAnswer {
    let piece = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 10)
    return ScriptedAnswer(
      status, headers: [("Content-Type", "application/json")],
      parts: [
        .generated { index in
          sent.with { $0 = index }
          return index < 4_096 ? piece : nil
        }
      ], framing: .chunked)
  }

  static let routes: [(path: String, limit: Int)] = [
    (AgentRoute.path(AgentRoute.events, [("after", "x"), ("wait", "25")]), AnswerLimit.events),
    (AgentRoute.path(AgentRoute.catalog("project_repository"), [("limit", "1000")]), AnswerLimit.catalog),
    (AgentRoute.path(AgentRoute.standing("project_repository"), [("id", "a/b")]), AnswerLimit.value),
    (AgentRoute.fence, AnswerLimit.value), (AgentRoute.siteReport, AnswerLimit.value),
  ]

  @Test("each route that sites ask has a limit of its own", arguments: routes)
  func limits(path: String, limit: Int) async throws {
    #expect(AnswerLimit.bytes(of: path) == limit && limit < 16 << 20)
    let sent = Monitor(0)
    let fault = await #expect(throws: AgentFault.self) {
      try await Self.asking(Self.endless(200, sent)) { try await $0.get(path, as: EventPage.self) }
    }
    #expect(fault?.code == "answer_too_large" && fault?.status == 0, "\(String(describing: fault))")
    // What the kernel's buffers hold was sent, too.
    #expect(sent.current * 64 << 10 < limit + 32 << 20)
  }

  @Test("a kind cannot have a name that takes another route's limit")
  func names() {
    for path in ["/api/v1/kinds/x/catalog/y", "/api/v1/kinds//events", "/api/v1/status", "/api/v1/eventss"] {
      #expect(AnswerLimit.bytes(of: path) == AnswerLimit.command)
    }
    #expect(AnswerLimit.bytes(of: "/api/v1/kinds/registry/standing?id=/catalog") == AnswerLimit.value)
  }

  @Test("a listing has the limit that its caller gives")
  func listing() async throws {
    let sent = Monitor(0)
    let fault = await #expect(throws: AgentFault.self) {
      try await Self.asking(Self.endless(200, sent)) {
        try await $0.bytes(AgentRoute.listing("project_repository"), limit: 1 << 20)
      }
    }
    #expect(fault?.code == "answer_too_large")
  }

  @Test("a refusal without end is read to its limit, and its status stays", arguments: [401, 404, 409, 410, 500])
  func endlessRefusal(status: Int) async throws {
    let sent = Monitor(0)
    let fault = await #expect(throws: AgentFault.self) {
      try await Self.asking(Self.endless(status, sent)) { try await $0.get(AgentRoute.events, as: EventPage.self) }
    }
    #expect(fault?.status == status && fault?.code == "bad_answer")
    #expect(sent.current * 64 << 10 < 32 << 20)
  }

  @Test(
    "text of another agent is one bounded line",
    arguments: [
      ("long", String(repeating: "y", count: 20_000)), ("two lines", "a\nb\u{2028}c"),
      ("a terminal's", "\u{1b}[2J\u{9b}2J\u{7f}"), ("turned round", "\u{202e}gnp.exe\u{2066}"),
      ("nothing to see", "\u{200b}\u{feff}\u{e0041}"),
    ])
  func text(_ name: String, _ text: String) async throws {
    let body = try AgentJSON.encode(AgentFault.Body(error: AgentFault(409, "forked", text, hint: text)))
    let fault = await #expect(throws: AgentFault.self) {
      try await Self.asking(ScriptedAnswer(409, type: "application/json", String(decoding: body, as: UTF8.self))) {
        try await $0.get(AgentRoute.events, as: EventPage.self)
      }
    }
    let said = try #require(fault)
    #expect(said.code == "forked" && said.status == 409)
    #expect(said.description.utf8.count < 2_000)
    #expect(said.description.unicodeScalars.allSatisfy { ForeignText.prints($0) }, "\(said)")
  }

  @Test(
    "a code that is no word of a program is none",
    arguments: ["", "Forked!", "a\nb", String(repeating: "x", count: 65)])
  func code(_ code: String) async throws {
    let body = try AgentJSON.encode(AgentFault.Body(error: AgentFault(409, code, "x")))
    let fault = await #expect(throws: AgentFault.self) {
      try await Self.asking(ScriptedAnswer(409, type: "application/json", String(decoding: body, as: UTF8.self))) {
        try await $0.get(AgentRoute.events, as: EventPage.self)
      }
    }
    #expect(fault?.code == "bad_answer")
  }

  @Test("a compressed answer, which no agent asks for, is not decompressed")
  func compressed() async throws {
    // 64 MiB of blanks, of which gzip makes 64 KiB.
    let text = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 20)
    let directory = try TemporaryDirectory("gzip")
    let file = directory.path("body")
    try Data(text).write(to: URL(fileURLWithPath: file))
    let packed: ProcessOutcome = try await ChildProcess("gzip", ["-c", file]).outcome()
    let answer = ScriptedAnswer(200, headers: [("Content-Encoding", "gzip")], parts: [.bytes(packed.output)])
    let body = try await Self.asking(answer) { try await $0.bytes(AgentRoute.events).body }
    #expect(body == packed.output)
    let fault = await #expect(throws: AgentFault.self) {
      try await Self.asking(answer) { try await $0.get(AgentRoute.events, as: EventPage.self) }
    }
    #expect(fault?.code == "bad_answer")
  }

  @Test(
    "the hint fits what is wrong with a certificate",
    arguments: [
      (TestAuthority.Certificate.valid, "tls.ca_file"), (.expired, "renew"), (.wrongHost, "ask by a name"),
    ])
  func certificates(_ certificate: TestAuthority.Certificate, _ hint: String) async throws {
    let directory = try TemporaryDirectory("tls")
    var options = GitHTTPServer.Options()
    options.certificate = certificate
    let server = try GitHTTPServer(root: directory.path, options: options)
    defer { server.stop() }
    // The valid one is of an authority that is not trusted.
    let http = BoundedHTTPClient(configuration: .init(caFile: certificate == .valid ? nil : server.authorityFile))
    let host = certificate == .wrongHost ? "localhost" : "127.0.0.1"
    var fault: AgentFault?
    do throws(AgentFault) {
      _ = try await AgentClient(.url("https://\(host):\(server.port)"), http: http).get(
        AgentRoute.fence, as: FenceRow.self)
    } catch {
      fault = error
    }
    await http.shutdown()
    #expect(fault?.hint?.contains(hint) == true, "\(String(describing: fault))")
  }
}
