import BlobReplication
import Foundation
import Replication
import TestSupport
import Testing

/// Servers that do what they should not, or cannot.
@Suite("A file synced from a server at fault", .timeLimit(.minutes(5)))
struct SyncHTTPFaultTests {
  private let fixture: BlobFixture
  private let old = BlobFixture.content(1_000, seed: 5)
  private static let content = BlobFixture.content(100_000, seed: 6)

  init() throws { fixture = try BlobFixture() }

  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let answer: ScriptedAnswer
    let code: String
    var disposition = StrategyError.Disposition.replicable
    var knowsDigest = true

    var testDescription: String { name }
  }

  private static func status(_ status: Int, _ code: String, _ disposition: StrategyError.Disposition = .host) -> Fault {
    Fault(
      name: "status \(status)", answer: ScriptedAnswer(status, headers: [("Retry-After", "7")]), code: code,
      disposition: disposition)
  }

  private static let half = Array(content.prefix(50_000))

  static let faults: [Fault] = [
    status(404, "missing_on_primary", .replicable), status(410, "missing_on_primary", .replicable),
    status(401, "source_refused"), status(403, "source_refused"), status(407, "source_unreachable"),
    status(408, "source_unreachable"), status(429, "source_unreachable"), status(500, "source_unreachable"),
    status(503, "source_unreachable"), status(418, "source_refused", .replicable),
    status(206, "bad_answer", .replicable), status(416, "source_refused", .replicable),
    status(302, "bad_answer", .replicable),
    Fault(
      name: "ends early", answer: ScriptedAnswer(200, parts: [.bytes(half), .cut], framing: .declared(content.count)),
      code: "interrupted", disposition: .connection),
    Fault(
      name: "breaks", answer: ScriptedAnswer(200, parts: [.bytes(half), .reset], framing: .declared(content.count)),
      code: "interrupted", disposition: .connection),
    Fault(
      name: "ends early in chunks", answer: ScriptedAnswer(200, parts: [.bytes(half), .cut], framing: .chunked),
      code: "interrupted", disposition: .connection),
    Fault(
      name: "ends early without a length", answer: ScriptedAnswer(200, parts: [.bytes(half)], framing: .untilClose),
      code: "checksum_mismatch"),
    Fault(
      name: "without a length or a digest", answer: ScriptedAnswer(200, parts: [.bytes(half)], framing: .untilClose),
      code: "bad_answer", knowsDigest: false),
    Fault(
      name: "other bytes", answer: ScriptedAnswer(200, parts: [.bytes(BlobFixture.content(100_000, seed: 8))]),
      code: "checksum_mismatch"),
    Fault(
      name: "encoded unasked",
      answer: ScriptedAnswer(200, headers: [("Content-Encoding", "gzip")], parts: [.bytes(content)]), code: "bad_answer"
    ),
    Fault(name: "a page", answer: .html, code: "bad_answer", knowsDigest: false),
    Fault(name: "a page, the digest known", answer: .html, code: "checksum_mismatch"),
    Fault(
      name: "larger than allowed", answer: ScriptedAnswer(200, parts: [.stall], framing: .declared(2_000_000)),
      code: "limit_exceeded"),
    Fault(
      name: "larger than allowed, in chunks",
      answer: ScriptedAnswer(
        200, parts: [.generated { $0 < 40 ? [UInt8](repeating: 1, count: 50_000) : nil }], framing: .chunked),
      code: "limit_exceeded"),
    Fault(name: "a length that is no number", answer: ScriptedAnswer(200, framing: .declared(-5)), code: "bad_answer"),
    Fault(
      name: "not HTTP", answer: ScriptedAnswer(200, parts: [.bytes(Array("SSH-2.0-x\r\n\r\n".utf8))], framing: .raw),
      code: "bad_answer"),
    Fault(
      name: "a redirect to another scheme", answer: .redirect(to: "file:///etc/passwd"), code: "bad_answer"),
  ]

  private func request(_ location: String, knowsDigest: Bool = true) throws -> SyncRequest {
    SyncRequest(
      id: try ReplicableID("file"), source: SourceAddress(location: location, bearerToken: "secret"),
      expected: knowsDigest ? BlobFixture.checksum(Self.content) : nil)
  }

  private func strategy(_ limits: BlobLimits = BlobFixture.limits()) -> BlobStrategy {
    var limits = limits
    limits.maximumBytes = 1_000_000
    return fixture.strategy(isMutable: true, limits: limits)
  }

  /// Expects that the old copy is there, and that a correct server brings the new one and leaves nothing else.
  private func expectHealed() async throws {
    #expect(try fixture.bytes("file") == old)
    let answers = RangeAnswers(content: Self.content)
    let server = try ScriptedHTTPServer(answers.answer)
    #expect(try await strategy().sync(try request(server.url("/f"))).hasChanged)
    #expect(try fixture.bytes("file") == Self.content)
    #expect(try fixture.names() == ["file"])
  }

  @Test("keeps its copy and says why", arguments: faults)
  func fault(_ fault: Fault) async throws {
    try fixture.put(old, at: "file")
    let server = try ScriptedHTTPServer { _ in fault.answer }
    let error = try await strategyError {
      _ = try await strategy().sync(try request(server.url("/f"), knowsDigest: fault.knowsDigest))
    }
    #expect(error.code.rawValue == fault.code && error.disposition == fault.disposition, "\(error)")
    #expect(!error.message.contains("secret") && error.message.hasPrefix("sync 'file' from 'http://127.0.0.1:"))
    try await expectHealed()
  }

  @Test("keeps its copy when the port has no listener") func refused() async throws {
    try fixture.put(old, at: "file")
    let port = try ScriptedHTTPServer([:])
    port.stop()
    let error = try await strategyError { _ = try await strategy().sync(try request(port.url("/f"))) }
    #expect(error.code.rawValue == "source_unreachable" && error.disposition == .host)
    try await expectHealed()
  }

  @Test("does not wait for ever for a server that stops sending", arguments: [false, true])
  func silence(inBody: Bool) async throws {
    try fixture.put(old, at: "file")
    let answer =
      inBody
      ? ScriptedAnswer(200, parts: [.bytes(Self.half), .stall], framing: .declared(Self.content.count))
      : ScriptedAnswer(200, parts: [.stall], framing: .raw)
    let server = try ScriptedHTTPServer { _ in answer }
    let limits = BlobFixture.limits(silence: .milliseconds(300))
    let error = try await strategyError { _ = try await strategy(limits).sync(try request(server.url("/f"))) }
    #expect(error.code.rawValue == (inBody ? "interrupted" : "source_unreachable"))
    #expect(error.disposition == (inBody ? .connection : .host))
    try await expectHealed()
  }

  @Test("takes slow bytes, up to the time it was given", arguments: [true, false])
  func slow(isAllowed: Bool) async throws {
    try fixture.put(old, at: "file")
    var parts: [ScriptedAnswer.Part] = []
    for start in stride(from: 0, to: Self.content.count, by: 10_000) {
      parts += [.bytes(Array(Self.content[start..<start + 10_000])), .pause(.milliseconds(isAllowed ? 20 : 200))]
    }
    let server = try ScriptedHTTPServer { [parts] _ in ScriptedAnswer(200, parts: parts) }
    let limits = BlobFixture.limits(total: isAllowed ? .seconds(60) : .milliseconds(500))
    if isAllowed {
      #expect(try await strategy(limits).sync(try request(server.url("/f"))).hasChanged)
    } else {
      let error = try await strategyError { _ = try await strategy(limits).sync(try request(server.url("/f"))) }
      #expect(error.code.rawValue == "limit_exceeded")
      try await expectHealed()
    }
  }

  @Test("takes no more bytes than the server declared") func more() async throws {
    let answer = ScriptedAnswer(
      200, parts: [.bytes(Self.content + [1, 2, 3])], framing: .declared(Self.content.count))
    let server = try ScriptedHTTPServer { _ in answer }
    #expect(try await strategy().sync(try request(server.url("/f"))).hasChanged)
    #expect(try fixture.bytes("file") == Self.content)
  }

  @Test("takes an answer without a length when the digest is known") func withoutLength() async throws {
    let server = try ScriptedHTTPServer { _ in
      ScriptedAnswer(200, parts: [.bytes(Self.content)], framing: .untilClose)
    }
    #expect(try await strategy().sync(try request(server.url("/f"))).hasChanged)
  }

  @Test("gives redirects up that lead nowhere", arguments: ["circle", "long"])
  func redirects(kind: String) async throws {
    let server = try ScriptedHTTPServer { request in
      .redirect(to: kind == "circle" ? "/a" : "\(request.path)x")
    }
    let error = try await strategyError { _ = try await strategy().sync(try request(server.url("/a"))) }
    #expect(error.code.rawValue == "source_refused" && server.requests.count == 6)
  }

  @Test("asks once more when the server had closed a kept connection") func staleConnection() async throws {
    let answers = RangeAnswers(content: Self.content)
    let server = try ScriptedHTTPServer { request in
      request.connection == 0
        ? ScriptedAnswer(200, parts: [.cut], framing: .raw) : answers.answer(request)
    }
    #expect(try await strategy().sync(try request(server.url("/f"))).hasChanged)
  }
}
