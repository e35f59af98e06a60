import Foundation
import GitValues
import Mirroring
import TestSupport
import Testing
import WorkerPool

@Suite("Servers with habits of their own", .timeLimit(.minutes(10))) struct FaultsServerHabitsTests {
  /// Two states of a repository, and the packs that lead there.
  private struct Story {
    var first = PackWriter()
    let old: ObjectID
    /// Against an object of the first.
    var thin = PackWriter()
    var whole = PackWriter()
    let new: ObjectID

    init() {
      let text = [UInt8](repeating: UInt8(ascii: "a"), count: 500)
      let longer = text + Array("more\n".utf8)
      func tree(_ blob: ObjectID) -> [UInt8] { Array("100644 f\0".utf8) + blob.withBytes { Array($0) } }
      func commit(_ tree: ObjectID, _ parent: ObjectID?) -> [UInt8] {
        let parents = parent.map { "parent \($0.hex)\n" } ?? ""
        return Array("tree \(tree.hex)\n\(parents)author a <a@x> 1 +0000\ncommitter a <a@x> 1 +0000\n\nx\n".utf8)
      }
      let blob = first.add(.blob, text)
      let firstTree = first.add(.tree, tree(blob))
      old = first.add(.commit, commit(firstTree, nil))
      let nextBlob = PackWriter.oid(.blob, longer)
      var delta = PackDelta(from: text.count, to: longer.count)
      delta.copy(offset: 0, count: text.count)
      delta.insert(Array("more\n".utf8))
      thin.addDelta(against: blob, delta.bytes)
      let nextTree = thin.add(.tree, tree(nextBlob))
      new = thin.add(.commit, commit(nextTree, old))
      whole.add(.blob, text)
      whole.add(.tree, tree(blob))
      whole.add(.commit, commit(firstTree, nil))
      whole.add(.blob, longer)
      whole.add(.tree, tree(nextBlob))
      whole.add(.commit, commit(nextTree, old))
    }
  }

  @Test("a thin pack that comes unasked is asked for again without haves", arguments: FaultyAnswers.Version.allCases)
  func thin(version: FaultyAnswers.Version) async throws {
    let story = Story()
    let (first, thin, whole) = (story.first.finish(), story.thin.finish(), story.whole.finish())
    let (old, new) = (story.old.hex, story.new.hex)
    let hasMoved = Monitor(false)
    let server = try ScriptedHTTPServer { request in
      let tip = hasMoved.current ? new : old
      let pack = !hasMoved.current ? first : request.says("have ") ? thin : whole
      let fetch = version == .version2 ? GitAnswers.pack(pack) : FaultyAnswers.version0Pack(pack)
      return FaultyAnswers.repository(version, lines: ["\(tip) HEAD", "\(tip) refs/heads/main"], fetch: fetch)(request)
    }
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let url = FaultyAnswers.url(server)
      try #require(try harness.attempt(source: url).status == .cloned)
      hasMoved.with { $0 = true }
      let outcome = try harness.attempt(source: url)
      #expect(outcome.error == nil, "\(outcome.error.map { "\($0)" } ?? "")")
      #expect(try GitCommand().refs(harness.copyPath) == ["refs/heads/main": new])
      try harness.expectSound()
    }
  }

  /// What a server of version 0 insists on, and how it says no.
  struct Insistence: Sendable, CustomTestStringConvertible {
    let offers: String
    let on: [String]
    let refusal: ScriptedAnswer
    var testDescription: String { on.joined(separator: " ") + " \(refusal.status)" }
  }

  static let insistences = [
    Insistence(
      offers: "multi_ack thin-pack side-band side-band-64k no-progress ofs-delta", on: ["multi_ack"],
      refusal: ScriptedAnswer(400, "TF401041: Clients must support multi-ack.")),
    Insistence(
      offers: "multi_ack_detailed multi_ack thin-pack side-band-64k ofs-delta agent=dulwich/1.2.3",
      on: ["thin-pack", "side-band-64k", "ofs-delta"], refusal: ScriptedAnswer(500, "")),
    Insistence(
      offers: "multi_ack_detailed thin-pack side-band-64k ofs-delta", on: ["thin-pack"],
      refusal: ScriptedAnswer(500, "")),
    Insistence(
      offers: "thin-pack side-band-64k", on: ["thin-pack"],
      refusal: FaultyAnswers.result(PacketText.line("ERR clients must support thin-pack"))),
  ]

  @Test("what git always names is named, at first and with haves", arguments: insistences)
  func insists(_ insistence: Insistence) async throws {
    let story = Story()
    let (first, whole) = (story.first.finish(), story.whole.finish())
    let (old, new) = (story.old.hex, story.new.hex)
    let hasMoved = Monitor(false)
    let server = try ScriptedHTTPServer { request in
      let tip = hasMoved.current ? new : old
      if request.path.hasSuffix("/info/refs") {
        return GitAnswers.version0(
          ["\(tip) HEAD", "\(tip) refs/heads/main"],
          capabilities: "\(insistence.offers) symref=HEAD:refs/heads/main")
      }
      if request.says("command=ls-refs") { return FaultyAnswers.result(PacketText.line("ERR unknown request")) }
      let line = String(decoding: request.body.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      let words = line.split(separator: " ").map(String.init)
      guard insistence.on.allSatisfy(words.contains) else { return insistence.refusal }
      let acknowledged = request.says("have ") ? "ACK \(old) common" : "NAK"
      let last = request.says("have ") ? PacketText.line("ACK \(old)") : []
      return FaultyAnswers.result(
        PacketText.line(acknowledged) + last + PacketText.band(1, hasMoved.current ? whole : first) + PacketText.flush)
    }
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let url = "http://127.0.0.1:\(server.port)/project.git"
      let cloned = try harness.attempt(source: url)
      #expect(cloned.status == .cloned, "\(cloned.error.map { "\($0)" } ?? "")")
      hasMoved.with { $0 = true }
      let updated = try harness.attempt(source: url)
      #expect(updated.status == .updated, "\(updated.error.map { "\($0)" } ?? "")")
      #expect(try GitCommand().refs(harness.copyPath) == ["refs/heads/main": new])
      try harness.expectSound()
    }
  }

  /// A version 0 listing whose HEAD is an oid without `symref=`.
  struct HeadCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let branches: [String]
    var capabilities = "side-band-64k ofs-delta"
    /// HEAD of a first copy.
    let head: String
    var isUnknown = true
  }

  static let heads = [
    HeadCase(testDescription: "one branch", branches: ["other"], head: "refs/heads/other"),
    HeadCase(testDescription: "main of several", branches: ["a", "main", "z"], head: "refs/heads/main"),
    HeadCase(testDescription: "master of several", branches: ["a", "master", "z"], head: "refs/heads/master"),
    HeadCase(testDescription: "the first of several", branches: ["x", "y"], head: "refs/heads/x"),
    HeadCase(testDescription: "no branch", branches: [], head: "detached", isUnknown: false),
    HeadCase(
      testDescription: "git names targets", branches: ["main"], capabilities: "side-band-64k agent=git/2.39.5",
      head: "detached", isUnknown: false),
  ]

  @Test("a HEAD of which only the oid is listed is unknown where a branch has it, and follows one", arguments: heads)
  func head(_ test: HeadCase) async throws {
    let tip = BadPack.good.tip.hex
    let lines = ["\(tip) HEAD"] + (test.branches.map { "refs/heads/\($0)" } + ["refs/tags/t"]).map { "\(tip) \($0)" }
    let server = try ScriptedHTTPServer { request in
      if request.path.hasSuffix("/info/refs") { return GitAnswers.version0(lines, capabilities: test.capabilities) }
      if request.says("command=ls-refs") { return FaultyAnswers.result(PacketText.line("ERR unknown request")) }
      return FaultyAnswers.version0Pack(BadPack.good.bytes)
    }
    defer { server.stop() }
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let url = "http://127.0.0.1:\(server.port)/project.git"
      let outcome = try harness.attempt(source: url)
      #expect(outcome.error == nil)
      #expect(outcome.headIsUnknown == test.isUnknown)
      let head = try harness.copy.attempt(["symbolic-ref", "-q", "HEAD"]).text
      #expect((head.isEmpty ? "detached" : head) == test.head)
      #expect(try harness.attempt(source: url).status == .unchanged)
      guard test.isUnknown, let last = test.branches.last else { return }
      // Another branch with the same oid is as good: HEAD stays.
      try harness.copy.run("symbolic-ref", "HEAD", "refs/heads/\(last)")
      #expect(try harness.attempt(source: url).status == .unchanged)
      #expect(try harness.copy.run("symbolic-ref", "HEAD").text == "refs/heads/\(last)")
      // A branch that is not there is not, and a detached one neither.
      for other in ["ref: refs/heads/elsewhere\n", "\(tip)\n"] {
        try harness.plant(other, at: "HEAD")
        #expect(try harness.attempt(source: url).status == .updated)
        #expect(try harness.copy.run("symbolic-ref", "HEAD").text == test.head)
      }
    }
  }
}
