import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("Another program at work in the copy", .timeLimit(.minutes(10))) struct FaultsRivalTests {
  /// What it does at the worst moment, and in which files it can be seen afterwards.
  struct Rival: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let phase: MirrorPhase
    let words: [String]
    /// Changes the copy; its lock, if it holds one, is removed afterwards.
    let act: @Sendable (MirrorHarness) throws -> Void
    var lock: String?
  }

  static let rivals: [Rival] = [
    Rival(
      testDescription: "locks packed-refs", phase: .changingRefs, words: ["packed-refs.lock"],
      act: { try $0.plant("", at: "packed-refs.lock") }, lock: "packed-refs.lock"),
    Rival(
      testDescription: "locks packed-refs before strays are folded", phase: .folding, words: ["packed-refs.lock"],
      act: { try $0.plant("", at: "packed-refs.lock") }, lock: "packed-refs.lock"),
    Rival(
      testDescription: "locks HEAD", phase: .changingHead, words: ["HEAD.lock"],
      act: { try $0.plant("ref: refs/heads/rival\n", at: "HEAD.lock") }, lock: "HEAD.lock"),
    Rival(
      testDescription: "locks a stray", phase: .folding, words: ["refs/heads/stray.lock"],
      act: { try $0.plant("", at: "refs/heads/stray.lock") }, lock: "refs/heads/stray.lock"),
    Rival(
      testDescription: "changes a stray", phase: .folding, words: ["refs/heads/stray", "meanwhile"],
      act: { try $0.copy.run("update-ref", "refs/heads/stray", $0.copy.run("rev-parse", "side").text) }),
    Rival(
      testDescription: "packs refs", phase: .folding, words: ["meanwhile"],
      act: { try $0.copy.run("pack-refs", "--all") }),
    Rival(
      testDescription: "packs a ref of its own", phase: .changingRefs, words: ["meanwhile"],
      act: {
        try $0.copy.run("update-ref", "refs/heads/rival", $0.copy.run("rev-parse", "main").text)
        try $0.copy.run("pack-refs", "--all")
      }),
  ]

  @Test("is named, nothing of it is lost, and the run after it makes the copy exact", arguments: rivals)
  func rival(_ rival: Rival) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try harness.copy.run("update-ref", "refs/heads/stray", source.oid("main").hex)
      try source.change { builder in
        builder.branch("new", at: builder.commit(["new": "new\n"]))
        builder.deleteRef("refs/heads/side")
        builder.head = .branch("new")
      }
      let (old, new) = (try GitCommand().view(harness.copyPath), try source.view())
      let seen = Monitor<RefView?>(nil)
      var environment = harness.environment()
      environment.passing = { phase in
        guard phase == rival.phase else { return }
        do {
          try rival.act(harness)
          seen.with { $0 = try? GitCommand().view(harness.copyPath) }  // nil fails the expectation below
        } catch {
          Issue.record(error)
        }
      }
      let outcome = try harness.attempt(environment: environment)
      try harness.expectFailure(outcome, "destination_locked", saying: rival.words)
      let left = try #require(seen.current)
      let found = try GitCommand().view(harness.copyPath)
      if rival.phase == .changingHead {
        #expect(found.refs == new.refs && found.head.target == old.head.target)
      } else {
        #expect(found == left)
      }
      if let lock = rival.lock {
        let path = "\(harness.copyPath)/\(lock)"
        #expect(FileManager.default.fileExists(atPath: path), "a lock of another program stays")
        try FileManager.default.removeItem(atPath: path)
      }
      try harness.mirrorExactly()
    }
  }
}

extension Head {
  fileprivate var target: ReferenceName? {
    switch self {
    case .symbolic(let target, _), .unborn(let target): target
    case .detached, .unknown: nil
    }
  }
}
