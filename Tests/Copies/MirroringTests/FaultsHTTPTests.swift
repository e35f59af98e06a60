import Foundation
import Mirroring
import TestSupport
import Testing

@Suite("A server that does not give what was asked for", .timeLimit(.minutes(10))) struct FaultsHTTPTests {
  private static let escape = "\u{1B}[31m\u{1B}]0;owned\u{07}"

  /// Where a server sends those who ask for the refs of a repository that has moved.
  private static func redirected(to base: String) -> String { "\(base)/info/refs?service=git-upload-pack" }

  static let faults: [ServerFault] = [
    ServerFault("404", "source_not_found", saying: "404", answer: ScriptedAnswer(404, "no such project\n")),
    ServerFault("410", "source_not_found", saying: "410", answer: ScriptedAnswer(410, "it is gone\n")),
    ServerFault("403", "source_access_denied", saying: "403", answer: ScriptedAnswer(403, "go away\n")),
    ServerFault(
      "401", "authentication_failed", saying: "does not accept the credentials",
      answer: ScriptedAnswer(401, headers: [("WWW-Authenticate", "Basic realm=\"git\"")])),
    ServerFault(
      "429", "rate_limited", saying: "429", "retry after 7",
      answer: ScriptedAnswer(429, headers: [("Retry-After", "7")])),
    ServerFault(
      "503 with a time to come back", "rate_limited", saying: "503",
      answer: ScriptedAnswer(503, headers: [("Retry-After", "120")])),
    ServerFault("500", "server_error", saying: "500", answer: ScriptedAnswer(500, "oops\n")),
    ServerFault(
      "500 with terminal escapes", "server_error", saying: "status 500: database down",
      answer: ScriptedAnswer(500, "\(escape)database\r\n\tdown\u{08}\n")),
    ServerFault("a page for people", "source_not_a_repository", saying: "a page", answer: .html),
    ServerFault(
      "a page for people that claims to be git", "source_not_a_repository", saying: "HTML",
      answer: FaultyAnswers.advertisement(Array("<!DOCTYPE html><title>Sign in</title>".utf8))),
    ServerFault(
      "nonsense that claims to be git", "source_not_a_repository", saying: "not git",
      answer: FaultyAnswers.advertisement(Array("zzzz\(escape)".utf8))),
    ServerFault(
      "nonsense after the first packet", "protocol_error",
      answer: FaultyAnswers.advertisement(PacketText.line("# service=git-upload-pack") + Array("zzzz".utf8))),
    ServerFault("nothing at all", "connection_lost", saying: "nothing", answer: FaultyAnswers.advertisement([])),
    ServerFault(
      "an end in the middle", "connection_lost", saying: "cut off",
      answer: FaultyAnswers.advertisement(
        PacketText.line("# service=git-upload-pack") + PacketText.flush + PacketText.line("version 2"))),
    ServerFault(
      "plain files only", "unsupported_source", saying: "dumb HTTP",
      answer: ScriptedAnswer(200, "\(String(repeating: "a", count: 40))\trefs/heads/main\n")),
    ServerFault(
      "an ERR line with terminal escapes", "server_refused", saying: "access denied or repository not exported",
      answer: FaultyAnswers.advertisement(
        PacketText.line("# service=git-upload-pack") + PacketText.flush
          + PacketText.line("ERR \(escape)access denied or\u{9B}2J repository not exported\u{202E}"))),
    ServerFault(
      "version 2 without fetch", "protocol_error", saying: "without ls-refs or fetch",
      answer: GitAnswers.capabilities(["agent=git/2.39", "ls-refs"])),
    ServerFault(
      "SHA-256, version 2", "unsupported_object_format", saying: "SHA-256",
      answer: GitAnswers.capabilities(["ls-refs", "fetch", "object-format=sha256"])),
    ServerFault(
      "SHA-256, version 0", "unsupported_object_format", saying: "SHA-256",
      answer: GitAnswers.version0(
        ["\(String(repeating: "a", count: 64)) HEAD"], capabilities: "side-band-64k object-format=sha256")),
    ServerFault(
      "a shallow source, version 0", "source_shallow", saying: "shallow",
      answer: GitAnswers.version0(
        [String(repeating: "a", count: 40) + " HEAD", "shallow " + String(repeating: "b", count: 40)])),
    ServerFault("a redirect in a circle", "redirect_refused", saying: "circle") { request in
      .redirect(to: redirected(to: request.path.hasPrefix("/project.git") ? "/other.git" : "/project.git"))
    },
    ServerFault("a redirect to no place for git", "redirect_refused", saying: "no place for git") { _ in
      .redirect(to: redirected(to: "ftp://127.0.0.1/project.git"))
    },
    ServerFault("redirects without an end", "redirect_refused", saying: "redirects more than") { request in
      .redirect(to: redirected(to: "/again\(request.path.dropLast(10))"))
    },
    ServerFault("a connection cut before the answer", "connection_lost") { _ in
      ScriptedAnswer(200, parts: [.cut], framing: .raw)
    },
    ServerFault("a connection broken before the answer", "connection_lost") { _ in
      ScriptedAnswer(200, parts: [.reset], framing: .raw)
    },
    ServerFault("an answer that is no HTTP", "protocol_error") { _ in
      ScriptedAnswer(200, parts: [.bytes(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)), .cut], framing: .raw)
    },
  ]

  @Test("is named, and the copy stays as it was", arguments: faults)
  func answers(fault: ServerFault) async throws {
    let server = try ScriptedHTTPServer(fault.respond)
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.expectFailureEverywhere(fault.code, saying: fault.words, source: FaultyAnswers.url(server))
    }
  }

  @Test("a redirect to another host is followed without the credentials")
  func redirect() async throws {
    let (pack, tip) = (BadPack.good.bytes, BadPack.good.tip)
    let other = try ScriptedHTTPServer(FaultyAnswers.repository(.version2, tip: tip, pack: pack))
    defer { other.stop() }
    let first = try ScriptedHTTPServer { request in
      if request.headers["authorization"] == nil {
        return ScriptedAnswer(401, headers: [("WWW-Authenticate", "Basic")])
      }
      return .redirect(to: Self.redirected(to: "http://127.0.0.1:\(other.port)/moved.git"))
    }
    defer { first.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let outcome = try harness.attempt(source: FaultyAnswers.url(first))
      #expect(outcome.status == .cloned, "\(outcome.error.map { "\($0)" } ?? "")")
      #expect(first.requests.contains { $0.headers["authorization"] != nil })
      #expect(!other.requests.isEmpty)
      #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
      #expect(try GitCommand().fsck(harness.copyPath) == [])
    }
  }

  @Test("a redirect to another host that asks for credentials gets none")
  func redirectToClosedDoor() async throws {
    let other = try ScriptedHTTPServer { _ in ScriptedAnswer(401, headers: [("WWW-Authenticate", "Basic")]) }
    defer { other.stop() }
    let first = try ScriptedHTTPServer { _ in
      .redirect(to: Self.redirected(to: "http://127.0.0.1:\(other.port)/moved.git"))
    }
    defer { first.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.expectFailureEverywhere(
        "authentication_failed", saying: ["credentials do not follow redirects"], source: FaultyAnswers.url(first))
      #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
    }
  }
}
