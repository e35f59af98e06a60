import GitTransport
import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("A server that sends a bad pack", .timeLimit(.minutes(10))) struct FaultsPackTests {
  /// What each pack must be called.
  private static func code(for pack: BadPack) -> String {
    switch pack.description {
    case BadPack.fourBillionDeclared.description, "a delta that grows past a gibibyte": "limit_exceeded"
    case BadPack.missingObject.description: "source_incomplete"
    default: "pack_corrupt"
    }
  }

  @Test("is reported, and the copy stays as it was", arguments: BadPack.all, FaultyAnswers.Version.allCases)
  func packs(pack: BadPack, version: FaultyAnswers.Version) async throws {
    let server = try ScriptedHTTPServer(FaultyAnswers.repository(version, tip: pack.tip, pack: pack.bytes))
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.expectFailureEverywhere(Self.code(for: pack), source: FaultyAnswers.url(server))
    }
  }

  @Test("a tip that is listed and not sent is named", arguments: FaultyAnswers.Version.allCases)
  func missingTip(version: FaultyAnswers.Version) async throws {
    let missing = String(repeating: "abcdef01", count: 5)
    let lines = [
      "\(BadPack.good.tip.hex) HEAD", "\(missing) refs/heads/gone", "\(BadPack.good.tip.hex) refs/heads/main",
    ]
    let fetch =
      version == .version2 ? GitAnswers.pack(BadPack.good.bytes) : FaultyAnswers.version0Pack(BadPack.good.bytes)
    let server = try ScriptedHTTPServer(FaultyAnswers.repository(version, lines: lines, fetch: fetch))
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.expectFailureEverywhere("source_incomplete", saying: [missing], source: FaultyAnswers.url(server))
    }
  }

  @Test("a pack longer than its cap is stopped")
  func tooLong() async throws {
    var writer = PackWriter()
    writer.add(.blob, [UInt8](repeating: 7, count: 100_000))
    let fetch = GitAnswers.pack(writer.finish())
    let tip = BadPack.good.tip.hex
    let server = try ScriptedHTTPServer(
      FaultyAnswers.repository(.version2, lines: ["\(tip) HEAD", "\(tip) refs/heads/main"], fetch: fetch))
    defer { server.stop() }
    var configuration = MirrorHarness.impatient()
    configuration.maximumPackBytes = 10_000
    try await MirrorHarness.run(configuration: configuration) { harness in
      try harness.expectFailureEverywhere("limit_exceeded", source: FaultyAnswers.url(server))
    }
  }

  @Test("what the server says beside the pack is made harmless", arguments: FaultyAnswers.Version.allCases)
  func sideBand(version: FaultyAnswers.Version) async throws {
    let said = "\u{1B}[2Jdisk\u{1B}]0;x\u{07} on fire\r\n"
    let start = version == .version2 ? PacketText.line("packfile") : PacketText.line("NAK")
    let body = start + PacketText.band(2, Array("\u{1B}cworking\r".utf8)) + PacketText.band(3, Array(said.utf8))
    let tip = BadPack.good.tip.hex
    let server = try ScriptedHTTPServer(
      FaultyAnswers.repository(
        version, lines: ["\(tip) HEAD", "\(tip) refs/heads/main"], fetch: FaultyAnswers.result(body)))
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.expectFailureEverywhere("server_refused", saying: ["disk on fire"], source: FaultyAnswers.url(server))
    }
  }
}
