import BlobReplication
import Foundation
import Replication
import TestSupport
import Testing

@Suite("A file synced over HTTP", .timeLimit(.minutes(5)))
struct SyncHTTPTests {
  private let fixture: BlobFixture
  private let content = BlobFixture.content(400_000, seed: 7)

  private let part: String

  init() throws {
    fixture = try BlobFixture()
    part = fixture.path("dir/.remora-file.part")
  }

  private func request(_ location: String, token: String? = nil, knowsDigest: Bool = true) throws -> SyncRequest {
    SyncRequest(
      id: try ReplicableID("dir/file"), source: SourceAddress(location: location, bearerToken: token),
      expected: knowsDigest ? BlobFixture.checksum(content) : nil)
  }

  /// Makes a copy with the beginning of `content` beside it, as a run that was cut off leaves it.
  private func cutOff(after count: Int = 150_000, by server: ScriptedHTTPServer) async throws {
    let error = try await strategyError {
      _ = try await fixture.strategy().sync(try request(server.url("/f")))
    }
    #expect(error.code.rawValue == "interrupted" && error.disposition == .connection)
    #expect(try fixture.names() == ["dir", "dir/.remora-file.part", "dir/.remora-file.resume"])
    #expect(try fixture.bytes("dir/.remora-file.part") == Array(content.prefix(count)))
  }

  private func expectCopy() throws {
    #expect(try fixture.bytes("dir/file") == content)
    #expect(try fixture.names() == ["dir", "dir/file"], "nothing is left")
  }

  @Test("comes whole, with the client's identification in the request", arguments: [false, true])
  func whole(knowsDigest: Bool) async throws {
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer(answers.answer)
    let report = try await fixture.strategy().sync(
      try request(server.url("/f?q=1#fragment"), token: "secret", knowsDigest: knowsDigest))
    #expect(report == SyncReport(checksum: BlobFixture.checksum(content), hasChanged: true, bytes: 400_000))
    let asked = try #require(server.requests.first)
    #expect(asked.target == "/f?q=1" && asked.headers["authorization"] == "Bearer secret")
    #expect(asked.headers["accept-encoding"] == "identity" && asked.headers["range"] == nil)
    try expectCopy()
  }

  @Test("uses the URL's own user only where there is no token") func userInfo() async throws {
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer(answers.answer)
    let url = server.url("/f").replacingOccurrences(of: "http://", with: "http://user:pass@")
    _ = try await fixture.strategy().sync(try request(url))
    _ = try await fixture.strategy().sync(
      SyncRequest(id: ReplicableID("b"), source: SourceAddress(location: url, bearerToken: "t")))
    #expect(server.requests.map { $0.headers["authorization"] } == ["Basic dXNlcjpwYXNz", "Bearer t"])
    server.stop()
    let error = try await strategyError {
      _ = try await fixture.strategy().sync(SyncRequest(id: ReplicableID("c"), source: SourceAddress(location: url)))
    }
    #expect(!error.message.contains("pass") && !error.message.contains("user"))
  }

  @Test("goes on where it was cut off") func resumed() async throws {
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer { [part] request in
      request.headers["range"] == nil ? answers.cut(after: 150_000, part: part) : answers.answer(request)
    }
    try await cutOff(by: server)
    let report = try await fixture.strategy().sync(try request(server.url("/f?signature=other")))
    #expect(report.bytes == 250_000 && report.hasChanged)
    let asked = try #require(server.requests.last)
    #expect(asked.headers["range"] == "bytes=150000-" && asked.headers["if-range"] == "\"v1\"")
    try expectCopy()
  }

  @Test("is finished without asking again when all of it had come") func complete() async throws {
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer { [part] _ in answers.cut(after: 150_000, part: part) }
    try await cutOff(by: server)
    server.stop()
    try fixture.put(content, at: "dir/.remora-file.part")
    #expect(try await fixture.strategy().sync(try request(server.url("/f"))).bytes == 0)
    try expectCopy()
  }

  @Test("goes on by a date that is strong") func resumedByDate() async throws {
    let headers = [
      ("ETag", "W/\"weak\""), ("Last-Modified", "Sun, 22 Nov 2026 18:00:00 GMT"),
      ("Date", "Sun, 22 Nov 2026 18:01:00 GMT"),
    ]
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer { [part] request in
      guard request.headers["if-range"] == "Sun, 22 Nov 2026 18:00:00 GMT" else {
        return answers.cut(after: 150_000, part: part, headers: headers)
      }
      return ScriptedAnswer(
        206, headers: headers + [("Content-Range", "bytes 150000-399999/400000")],
        parts: [.bytes(Array(answers.content[150_000...]))])
    }
    try await cutOff(by: server)
    #expect(try await fixture.strategy().sync(try request(server.url("/f"))).bytes == 250_000)
    try expectCopy()
  }

  @Test(
    "begins anew when the part cannot be gone on with",
    arguments: [
      "weak validator", "no expected digest", "fresh", "another URL", "torn record", "no record", "hard link",
      "longer part",
    ])
  func notResumed(why: String) async throws {
    var answers = RangeAnswers(content: content)
    if why == "weak validator" { answers.validator = "W/\"v1\"" }
    let first = try ScriptedHTTPServer { [answers, part] _ in answers.cut(after: 150_000, part: part) }
    _ = try await strategyError { _ = try await fixture.strategy().sync(try request(first.url("/f"))) }
    switch why {
    case "torn record": try fixture.put(Array("{\"form".utf8), at: "dir/.remora-file.resume")
    case "no record": try? FileManager.default.removeItem(atPath: fixture.path("dir/.remora-file.resume"))
    case "hard link": try FileManager.default.linkItem(atPath: part, toPath: fixture.directory.path("other"))
    case "longer part": try fixture.put(content + [1], at: "dir/.remora-file.part")
    default: break
    }
    let other = try ScriptedHTTPServer { [answers] in answers.answer($0) }
    var next = try request(why == "another URL" ? other.url("/f") : first.url("/f"))
    if why == "no expected digest" { next.expected = nil }
    next.isFresh = why == "fresh"
    if why != "another URL" {
      // The same URL, and a server that gives everything from now on.
      _ = try await strategyError { _ = try await fixture.strategy().sync(next) }
      #expect(first.requests.last?.headers["range"] == nil)
      next.source = SourceAddress(location: other.url("/f"))
    }
    #expect(try await fixture.strategy().sync(next).bytes == 400_000)
    #expect(other.requests.map { $0.headers["range"] } == [nil])
    #expect(
      why != "hard link" || FileManager.default.contents(atPath: fixture.directory.path("other"))?.count == 150_000)
    try expectCopy()
  }

  @Test(
    "begins anew within the run when the server does not go on as asked",
    arguments: [
      "ignores ranges", "content changed", "changed, and yet a range", "wrong first", "wrong total", "no header", "416",
      "damaged part",
    ])
  func restarted(why: String) async throws {
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer { [part] request in
      guard request.connection > 0 else { return answers.cut(after: 150_000, part: part) }
      guard request.headers["range"] != nil else { return answers.whole }
      switch why {
      case "ignores ranges": return answers.whole
      case "content changed": return RangeAnswers(content: answers.content, validator: "\"v2\"").answer(request)
      case "changed, and yet a range":
        return RangeAnswers(content: answers.content, validator: "\"v2\"").part(from: 150_000)
      case "wrong first": return answers.part(from: 150_001)
      case "wrong total": return answers.part(from: 150_000, header: "bytes 150000-399999/400001")
      case "no header": return ScriptedAnswer(206, parts: [.bytes(Array(answers.content[150_000...]))])
      case "416": return ScriptedAnswer(416, headers: [("Content-Range", "bytes */400000")])
      default: return answers.answer(request)
      }
    }
    try await cutOff(by: server)
    if why == "damaged part" {
      try fixture.put(BlobFixture.content(150_000, seed: 99), at: "dir/.remora-file.part")
    }
    #expect(try await fixture.strategy().sync(try request(server.url("/f"))).hasChanged)
    try expectCopy()
  }

  @Test("follows redirects, with the token to the same origin only", arguments: [301, 302, 303, 307, 308])
  func redirects(status: Int) async throws {
    let answers = RangeAnswers(content: content)
    let elsewhere = try ScriptedHTTPServer(answers.answer)
    let server = try ScriptedHTTPServer([
      "/a": [.redirect(status, to: "/b?x=1")], "/b": [.redirect(status, to: elsewhere.url("/c"))],
    ])
    _ = try await fixture.strategy().sync(try request(server.url("/a"), token: "secret"))
    #expect(server.requests.map { $0.headers["authorization"] } == ["Bearer secret", "Bearer secret"])
    #expect(elsewhere.requests.map { $0.headers["authorization"] } == [nil])
    try expectCopy()
  }

  @Test("does not send the token to a host that redirects back") func noTokenOnReturn() async throws {
    let answers = RangeAnswers(content: content)
    let home = try ScriptedHTTPServer { request in
      request.path == "/b" ? answers.whole : .redirect(to: String(request.target.dropFirst("/?to=".count)))
    }
    let elsewhere = try ScriptedHTTPServer { [url = home.url("/b")] _ in .redirect(to: url) }
    _ = try await fixture.strategy().sync(try request(home.url("/?to=\(elsewhere.url("/x"))"), token: "secret"))
    #expect(home.requests.map { $0.headers["authorization"] } == ["Bearer secret", nil])
  }
}
