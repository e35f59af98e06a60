import Foundation
import GitTransport
import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("A network that fails", .timeLimit(.minutes(10))) struct FaultsNetworkTests {
  @Test("a port without a listener is reported")
  func refused() async throws {
    let closed = try ClosedPort()
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.expectFailureEverywhere(
        "connection_refused", source: "http://127.0.0.1:\(closed.port)/project.git")
    }
  }

  @Test("a host that cannot be resolved is reported")
  func unknownHost() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.expectFailureEverywhere(
        "dns_failed", saying: ["no-such-host.invalid"], source: "https://no-such-host.invalid/project.git")
    }
  }

  @Test("a host that does not take the connection ends the run by the connect timeout")
  func backlog() async throws {
    let full = try FullBacklog()
    var configuration = MirrorHarness.impatient()
    configuration.connectTimeout = .seconds(1)
    try await MirrorHarness.run(configuration: configuration) { harness in
      try harness.expectFailureEverywhere("timeout", source: "http://127.0.0.1:\(full.port)/project.git")
    }
  }

  @Test(
    "a certificate that does not hold is named",
    arguments: [
      (TestAuthority.Certificate.expired, true, "renew"), (.wrongHost, true, "host name"), (.valid, false, "CA file"),
    ])
  func certificate(kind: TestAuthority.Certificate, isAuthorityKnown: Bool, word: String) async throws {
    let root = try TemporaryDirectory("tls")
    var options = GitHTTPServer.Options()
    options.certificate = kind
    let server = try GitHTTPServer(root: root.path, options: options)
    defer { server.stop() }
    var configuration = MirrorHarness.impatient()
    if isAuthorityKnown { configuration.caFile = server.authorityFile }
    try await MirrorHarness.run(configuration: configuration) { harness in
      try harness.expectFailureEverywhere("tls_failed", saying: [word], source: server.url("project.git"))
    }
    #expect(try server.accessLog().isEmpty)
  }

  @Test("a user or password that the server refuses is reported, and is printed nowhere")
  func credentials() async throws {
    let root = try TemporaryDirectory("auth")
    var options = GitHTTPServer.Options()
    options.basicAuthentication = ("ada", "another")
    let server = try GitHTTPServer(root: root.path, options: options)
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let url = server.url("project.git")
      try harness.expectFailureEverywhere(
        "authentication_failed", source: url.replacing("http://", with: "http://ada:\(MirrorHarness.secret)@"))
      try harness.expectFailure("authentication_failed", saying: ["no credentials", ".netrc"], source: url)
    }
  }

  /// Where a server stops sending.
  enum Silence: String, CaseIterable, Sendable { case atOnce, inTheListing, inThePack, dripping }

  @Test("a server that stops sending ends the run by the silence timeout", arguments: Silence.allCases)
  func silence(where silence: Silence) async throws {
    let server = try ScriptedHTTPServer { request in
      let whole = FaultyAnswers.repository(.version2, tip: BadPack.good.tip, pack: BadPack.good.bytes)(request)
      guard case .bytes(let bytes) = whole.parts[0] else { return whole }
      var answer = whole
      answer.framing = .declared(bytes.count)
      switch silence {
      case .atOnce: return ScriptedAnswer(200, parts: [.stall], framing: .raw)
      case .inTheListing where !request.says("command=fetch"):
        answer.parts = [.bytes(Array(bytes.prefix(20))), .stall]
      case .inThePack where request.says("command=fetch"):
        answer.parts = [.bytes(Array(bytes.prefix(60))), .stall]
      case .dripping:
        answer.parts = bytes.flatMap { [.bytes([$0]), .pause(.seconds(10))] }
      case .inTheListing, .inThePack: break
      }
      return answer
    }
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient(silence: .seconds(1))) { harness in
      try harness.expectFailureEverywhere("timeout", source: FaultyAnswers.url(server))
    }
  }

  @Test("a server that drips bytes for ever ends the run by its own deadline")
  func slowForEver() async throws {
    let server = try ScriptedHTTPServer { _ in
      ScriptedAnswer(
        200, headers: [("Content-Type", "application/x-git-upload-pack-advertisement")],
        parts: [.bytes(Array("fff0".utf8))]
          + (0..<10_000).flatMap { _ in [.bytes(Array("#".utf8)), .pause(.milliseconds(100))] },
        framing: .declared(10_004))
    }
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let url = FaultyAnswers.url(server)
      try harness.expectFailure("timeout", source: url, limit: .milliseconds(800))
    }
  }

  @Test("an advertisement without an end is stopped by its cap", arguments: FaultyAnswers.Version.allCases)
  func endless(version: FaultyAnswers.Version) async throws {
    let oid = BadPack.good.tip.hex
    let endless = ScriptedAnswer.Part.generated { number in
      // A gigabyte in all, 64 KiB at a time.
      guard number < 16_384 else { return nil }
      return (0..<1_000).flatMap { PacketText.line("\(oid) refs/heads/\(number)-\($0)") }
    }
    let server = try ScriptedHTTPServer { request in
      if version == .version2, request.path.hasSuffix("/info/refs") { return GitAnswers.capabilities() }
      let isListing = request.path.hasSuffix("/info/refs")
      let type = isListing ? "advertisement" : "result"
      let start = isListing ? PacketText.line("# service=git-upload-pack") + PacketText.flush : []
      return ScriptedAnswer(
        200, headers: [("Content-Type", "application/x-git-upload-pack-\(type)")], parts: [.bytes(start), endless],
        framing: .chunked)
    }
    defer { server.stop() }
    for limitsBytes in [true, false] {
      var configuration = MirrorHarness.impatient()
      if limitsBytes {
        configuration.maximumAdvertisementBytes = 4 << 20
      } else {
        configuration.maximumAdvertisedRefs = 5_000
      }
      try await MirrorHarness.run(configuration: configuration) { harness in
        try harness.expectFailureEverywhere("limit_exceeded", source: FaultyAnswers.url(server))
      }
    }
  }
}
