import Foundation
import GitValues
import Mirroring
import TestSupport
import Testing
import WorkerPool

@Suite("A source whose refs are not all right", .timeLimit(.minutes(10))) struct FaultsListingTests {
  /// A ref that must not be accepted.
  struct BrokenLine: Sendable, CustomTestStringConvertible {
    let name: String
    var oid = BadPack.good.tip.hex
    /// How the message shows it.
    let shown: String
    var testDescription: String { shown }
  }

  static let lines: [BrokenLine] = [
    BrokenLine(name: "refs/heads/../../HEAD", shown: "refs/heads/../../HEAD"),
    BrokenLine(name: "refs/heads/a\nb", shown: "refs/heads/a%0Ab"),
    BrokenLine(name: "refs/heads/a\u{1B}[31mb", shown: "refs/heads/a%1B[31mb"),
    BrokenLine(name: "refs/heads/x.lock", shown: "refs/heads/x.lock"),
    BrokenLine(name: "refs/heads/zero", oid: ObjectID.zero.hex, shown: "refs/heads/zero"),
    BrokenLine(name: "config", shown: "config"),
  ]

  @Test(
    "others are synced, the copy's values of the broken ones are kept", arguments: lines, FaultyAnswers.Version.allCases
  )
  func brokenLines(line: BrokenLine, version: FaultyAnswers.Version) async throws {
    let tip = BadPack.good.tip.hex
    let truth = ["\(tip) HEAD", "\(tip) refs/heads/main", "\(tip) refs/heads/zero"]
    let lies = ["\(tip) HEAD", "\(line.oid) \(line.name)", "\(tip) refs/heads/main", "\(tip) refs/heads/other"]
    let isLying = Monitor(false)
    let fetch =
      version == .version2 ? GitAnswers.pack(BadPack.good.bytes) : FaultyAnswers.version0Pack(BadPack.good.bytes)
    let server = try ScriptedHTTPServer { request in
      FaultyAnswers.repository(version, lines: isLying.current ? lies : truth, fetch: fetch)(request)
    }
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let url = FaultyAnswers.url(server)
      try #require(try harness.attempt(source: url).status == .cloned)
      isLying.with { $0 = true }
      let outcome = try harness.attempt(source: url)
      try harness.expectFailure(outcome, "source_broken_refs", saying: [line.shown])
      var expected = ["refs/heads/main": tip, "refs/heads/other": tip]
      if line.oid == ObjectID.zero.hex { expected["refs/heads/zero"] = tip }
      #expect(try GitCommand().refs(harness.copyPath) == expected)
      try harness.expectSound()
    }
  }

  @Test("a name with a NUL is no ref")
  func nul() async throws {
    let tip = BadPack.good.tip.hex
    let server = try ScriptedHTTPServer(
      FaultyAnswers.repository(
        .version2, lines: ["\(tip) HEAD", "\(tip) refs/heads/a\0b", "\(tip) refs/heads/main"],
        fetch: GitAnswers.pack(BadPack.good.bytes)))
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let outcome = try harness.attempt(source: FaultyAnswers.url(server))
      try harness.expectFailure(outcome, "source_broken_refs", saying: ["refs/heads/a%00b"])
      #expect(try GitCommand().refs(harness.copyPath) == ["refs/heads/main": tip])
    }
  }

  @Test("a HEAD that cannot be one is broken, and the copy keeps its own")
  func brokenHead() async throws {
    let tip = BadPack.good.tip.hex
    let isLying = Monitor(false)
    let server = try ScriptedHTTPServer { request in
      if isLying.current, request.says("command=ls-refs") {
        return GitAnswers.refs(["\(tip) HEAD symref-target:refs/heads/..", "\(tip) refs/heads/main"])
      }
      return FaultyAnswers.repository(.version2, tip: BadPack.good.tip, pack: BadPack.good.bytes)(request)
    }
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let url = FaultyAnswers.url(server)
      try #require(try harness.attempt(source: url).status == .cloned)
      isLying.with { $0 = true }
      try harness.expectFailure(try harness.attempt(source: url), "source_broken_refs", saying: ["HEAD"])
      #expect(try harness.copy.run("symbolic-ref", "HEAD").text == "refs/heads/main")
    }
  }

  @Test("refs of a local source without their objects are named, and the copy keeps what it has")
  func missingObjects() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      let (side, main) = (try source.oid("side"), try source.oid("main"))
      let broken = String(repeating: "1", count: 40)
      try harness.directory.write("\(broken)\n", to: "source.git/refs/heads/side")
      try harness.directory.write("\(broken)\n", to: "source.git/refs/heads/new-and-broken")
      try source.git.run("update-ref", "refs/heads/good", main.hex)
      let outcome = try harness.attempt()
      try harness.expectFailure(
        outcome, "source_broken_refs", saying: ["refs/heads/side", "refs/heads/new-and-broken"])
      #expect(
        try GitCommand().refs(harness.copyPath) == [
          "refs/heads/good": main.hex, "refs/heads/main": main.hex, "refs/heads/side": side.hex,
          "refs/tags/v1": source.oid("refs/tags/v1").hex,
        ])
      try harness.expectSound()
      // It stays broken, and each run reports it.
      try harness.expectFailure(try harness.attempt(), "source_broken_refs", saying: ["refs/heads/side"])
    }
  }

  @Test(
    "objects that are missing below the tips of a source are reported, and nothing changes",
    arguments: SourceTransport.allCases)
  func holes(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.source { builder in
        builder.objectStorage = .loose
        let commits = builder.commits(3)
        builder.branch("main", at: commits[2])
      }
      try harness.mirrorExactly()
      try source.change { builder in
        builder.objectStorage = .loose
        let commit = builder.commit(["lost": "lost content\n"], parents: [.oid(try source.oid("main"))])
        builder.branch("main", at: commit)
      }
      let lost = try source.oid("main:lost").hex
      try FileManager.default.removeItem(atPath: "\(source.path)/objects/\(lost.prefix(2))/\(lost.dropFirst(2))")
      let before = try DestinationSnapshot(below: harness.directory.path("copies"))
      let outcome = try harness.attempt()
      #expect(outcome.status == .failed)
      let after = try DestinationSnapshot(below: harness.directory.path("copies"))
      #expect(after.differences(from: before) == [])
      let code = outcome.error?.code.rawValue ?? ""
      #expect(["server_refused", "connection_lost", "server_error", "source_incomplete"].contains(code), "\(code)")
      try harness.expectSound()
    }
  }
}
