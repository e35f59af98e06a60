import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import Testing

@Suite("A copy that others touched") struct RefSemanticsRepairTests {
  private static func source(_ harness: MirrorHarness) throws -> TestRepository {
    try harness.source { builder in
      let commits = builder.commits(6)
      builder.branch("main", at: commits[5])
      builder.branch("side", at: commits[3])
      builder.tag("v1", of: commits[1])
    }
  }

  /// One change that another program may have made to the refs of a copy.
  enum Tampering: String, CaseIterable, CustomTestStringConvertible {
    case strayBranch, shadowingBranch, symbolicStray, rubbish, largeRubbish, emptyFile, invalidName, symbolicLink, pipe,
      directoryInTheWay
    case packedValue, packedRubbish, missingPackedRefs, missingObject, headElsewhere, headDetached, headRubbish, nullOID
    var testDescription: String { rawValue }
  }

  @Test("is put right", arguments: Tampering.allCases)
  func tampered(tampering: Tampering) async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      try Self.tamper(tampering, harness, older: source.oid("main~4"))
      let outcome = try harness.mirrorExactly()
      #expect(outcome.status == .updated)
      #expect(try harness.mirror().status == .unchanged)
      // And right again when the source has moved meanwhile.
      try Self.tamper(tampering, harness, older: source.oid("main~4"))
      try source.change { builder in
        let more = builder.commits(2, onto: .oid(try source.oid("main")))
        builder.branch("main", at: more[1])
        builder.deleteRef("refs/heads/side")
        builder.branch("new", at: more[0])
      }
      try harness.mirrorExactly()
    }
  }

  private static func tamper(_ tampering: Tampering, _ harness: MirrorHarness, older: ObjectID) throws {
    let packed = "\(harness.copyPath)/packed-refs"
    let text = try String(contentsOfFile: packed, encoding: .utf8)
    switch tampering {
    case .strayBranch: try harness.plant("\(older)\n", at: "refs/heads/deep/in/here")
    case .shadowingBranch: try harness.plant("\(older)\n", at: "refs/heads/main")
    case .symbolicStray: try harness.plant("ref: refs/heads/side\n", at: "refs/heads/main")
    case .rubbish: try harness.plant("not an oid\n", at: "refs/heads/main")
    case .largeRubbish: try harness.plant(String(repeating: "x", count: 100_000), at: "refs/heads/main")
    case .pipe:
      try harness.plant("", at: "refs/heads/keep")
      #expect(mkfifo("\(harness.copyPath)/refs/heads/pipe", 0o644) == 0)
    case .emptyFile: try harness.plant("", at: "refs/heads/main")
    case .invalidName: try harness.plant("\(older)\n", at: "refs/heads/bad..name")
    case .symbolicLink:
      try harness.plant("", at: "refs/heads/x")
      try FileManager.default.removeItem(atPath: "\(harness.copyPath)/refs/heads/x")
      try FileManager.default.createSymbolicLink(
        atPath: "\(harness.copyPath)/refs/heads/x", withDestinationPath: "/etc/hostname")
    case .directoryInTheWay:
      try FileManager.default.createDirectory(
        atPath: "\(harness.copyPath)/refs/heads/main/empty/deep", withIntermediateDirectories: true)
      try harness.copy.run("update-ref", "refs/heads/stray", older.hex)
    case .packedValue:
      try harness.plant(
        text.replacing(/[0-9a-f]{40} refs\/heads\/main/, with: "\(older) refs/heads/main"), at: "packed-refs")
    case .packedRubbish: try harness.plant(text + "rubbish\n", at: "packed-refs")
    case .missingPackedRefs: try FileManager.default.removeItem(atPath: packed)
    case .missingObject:
      try harness.plant(
        text.replacing(/[0-9a-f]{40} refs\/heads\/main/, with: "\(String(repeating: "d", count: 40)) refs/heads/main"),
        at: "packed-refs")
    case .headElsewhere: try harness.plant("ref: refs/heads/side\n", at: "HEAD")
    case .headDetached: try harness.plant("\(older)\n", at: "HEAD")
    case .headRubbish: try harness.plant("rubbish\n", at: "HEAD")
    case .nullOID: try harness.plant("\(ObjectID.zero)\n", at: "refs/heads/main")
    }
  }

  @Test("a value that a stray hid is not lost when both go")
  func hiddenValue() async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      let hidden = try source.oid("main")
      try harness.plant("\(source.oid("side"))\n", at: "refs/heads/main")
      try source.change { $0.branch("main", at: .oid(try source.oid("side~1"))) }
      try harness.mirrorExactly()
      try harness.copy.run("gc", "-q", "--prune=now")
      #expect(try harness.copy.attempt(["cat-file", "-t", hidden.hex]).text == "commit")
    }
  }

  @Test("empty directories below refs/ do no harm, also where a ref has the same name")
  func emptyDirectories() async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      for name in ["heads/main", "heads/later/on", "tags", "odd/a/b/c"] {
        try FileManager.default.createDirectory(
          atPath: "\(harness.copyPath)/refs/\(name)", withIntermediateDirectories: true)
      }
      try harness.mirrorExactly()
      try source.change { builder in
        builder.branch("later", at: .oid(try source.oid("main")))
        builder.ref("refs/odd/a", at: .oid(try source.oid("side")))
      }
      try harness.mirrorExactly()
    }
  }

  @Test("a commit that is there without its tree does not pass for a tip", arguments: SourceTransport.allCases)
  func plantedCommit(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      let changed = try source.change { builder in
        let more = builder.commits(3, onto: .oid(try source.oid("main")), label: "planted")
        builder.branch("main", at: more[2])
        builder.branch("other", at: more[1])
      }
      for revision in ["main", "main~1"] {
        let commit = try changed.git.run("cat-file", "commit", revision).output
        let made = try harness.copy.run("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input: commit)
        #expect(try made.text == changed.oid(revision).hex)
      }
      try harness.mirrorExactly()
    }
  }

  @Test("a history that was dropped and half pruned comes back whole", arguments: SourceTransport.allCases)
  func droppedHistoryReturns(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      let (main, side) = (try source.oid("main"), try source.oid("side"))
      try harness.mirrorExactly()
      // It outlives the commits that it lists, and says that they are there.
      try harness.copy.run("commit-graph", "write", "--reachable")
      try source.change { builder in
        builder.branch("main", at: .oid(side))
        builder.deleteRef("refs/tags/v1")
      }
      try harness.mirrorExactly()
      // An operator who removes the reflog and prunes: parts of the old history are gone.
      try FileManager.default.removeItem(atPath: harness.layout.droppedLog.string)
      try harness.copy.run("repack", "-adq")
      try harness.copy.run("prune", "--expire=now")
      try source.change { builder in builder.branch("main", at: .oid(main)) }
      try harness.mirrorExactly()
    }
  }

  /// What a housekeeping of git's does between two runs.
  enum Housekeeping: String, CaseIterable, CustomTestStringConvertible {
    case repack = "repack -adq"
    case repackLoosening = "repack -Adq"
    case gc = "gc -q --prune=now"
    case aggressive = "gc -q --aggressive --prune=now"
    case packRefs = "pack-refs --all --prune"
    case commitGraph = "commit-graph write --reachable"
    case commitGraphSplit = "commit-graph write --reachable --split --changed-paths"
    case multiPackIndex = "multi-pack-index write"
    case multiPackIndexRepack = "multi-pack-index repack"
    case bitmap = "repack -adbq"
    case unpacked = "unpack"
    var testDescription: String { rawValue }
  }

  @Test("housekeeping between runs is harmless", arguments: Housekeeping.allCases)
  func housekeeping(_ kind: Housekeeping) async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try harness.mirrorExactly()
      var last = try source.oid("main")
      for round in 1...2 {
        let changed = try source.change { builder in
          let more = builder.commits(3, onto: .oid(last), label: "round \(round)")
          builder.branch("main", at: more[2])
          builder.branch("side", at: more[0])
          builder.tag("v\(round + 1)", of: more[1])
        }
        last = try changed.oid("main")
        try harness.mirrorExactly()
        try Self.keepHouse(kind, harness)
        try harness.mirrorExactly()
        let rewritten = try source.change { builder in
          let more = builder.commits(1, onto: .oid(try source.oid("main~2")), label: "instead \(round)")
          builder.branch("main", at: more[0])
        }
        last = try rewritten.oid("main")
        try harness.mirrorExactly()
      }
    }
  }

  private static func keepHouse(_ kind: Housekeeping, _ harness: MirrorHarness) throws {
    guard kind == .unpacked else {
      let command = kind.rawValue.split(separator: " ").map(String.init)
      let outcome = try harness.copy.attempt(command)
      return try #require(outcome.isSuccess, "\(outcome.errorText)")
    }
    let packs = "\(harness.copyPath)/objects/pack"
    let taken = harness.directory.path("taken")
    try FileManager.default.moveItem(atPath: packs, toPath: taken)
    for name in try FileManager.default.contentsOfDirectory(atPath: taken) where name.hasSuffix(".pack") {
      let bytes = Array(try Foundation.Data(contentsOf: URL(fileURLWithPath: "\(taken)/\(name)")))
      try harness.copy.run("unpack-objects", "-q", input: bytes)
    }
    try FileManager.default.createDirectory(atPath: packs, withIntermediateDirectories: true)
    try FileManager.default.removeItem(atPath: taken)
  }
}
