import Foundation
import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Taking over what others made") struct RefSemanticsTakeoverTests {
  private static func source(_ harness: MirrorHarness) throws -> TestRepository {
    try harness.source { builder in
      let commits = builder.commits(4)
      builder.branch("main", at: commits[3])
      builder.branch("a/b", at: commits[1])
      builder.tag("v1", of: commits[0])
      builder.ref("refs/pull/1/head", at: commits[2])
    }
  }

  @Test(
    "a clone by 'git clone --mirror' is taken over, packed or loose, equal or behind",
    arguments: SourceTransport.allCases)
  func mirrorClone(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try Self.source(harness)
      try harness.git().run("clone", "-q", "--mirror", harness.url(of: harness.sourcePath), harness.copyPath)
      try harness.unpackRefs()
      try source.change { builder in
        builder.deleteRef("refs/heads/a/b")
        builder.branch("a", at: .oid(try source.oid("main")))
        builder.branch("main", at: .oid(try source.oid("main~1")))
        builder.tag("v2", of: .oid(try source.oid("main")))
      }
      let outcome = try harness.mirrorExactly()
      #expect(outcome.status == .updated)
      #expect((outcome.refs.created, outcome.refs.updated, outcome.refs.deleted) == (2, 1, 1))
      #expect(try harness.mirror().status == .unchanged)
      #expect(try harness.copy.run("config", "gc.reflogExpireUnreachable").text == "never")
      #expect(try harness.copy.run("config", "remote.origin.mirror").text == "true", "what was there stays")
    }
  }

  @Test("a mirror clone that is equal already becomes a copy without a fetch")
  func equalClone() async throws {
    try await MirrorHarness.run { harness in
      _ = try Self.source(harness)
      try GitCommand().run("clone", "-q", "--mirror", harness.sourcePath, harness.copyPath)
      let outcome = try harness.mirrorExactly()
      #expect(outcome.objects == 0)
      #expect(outcome.refs.total == 4)
      #expect((outcome.refs.created, outcome.refs.updated, outcome.refs.deleted) == (0, 0, 0))
    }
  }

  @Test("what others wrote into the configuration stays byte for byte, and our part is there once")
  func configuration() async throws {
    try await MirrorHarness.run { harness in
      _ = try Self.source(harness)
      try GitCommand().run("clone", "-q", "--mirror", harness.sourcePath, harness.copyPath)
      let file = URL(fileURLWithPath: "\(harness.copyPath)/config")
      let others = try Array(Foundation.Data(contentsOf: file)) + Array("[gitweb]\n\towner = Ren".utf8) + [0xE9, 0x0A]
      try Foundation.Data(others).write(to: file)
      for rules in [[], ["refs/pull"], ["refs/tags", "refs/heads/a/*"]] {
        try harness.mirrorExactly(excluding: rules)
        let bytes = try Array(Foundation.Data(contentsOf: file))
        #expect(Array(bytes.prefix(others.count)) == others)
        #expect(try harness.copy.run("config", "--get-all", "remora.source").lines == [harness.sourcePath])
        #expect(try harness.copy.run("config", "--get-all", "gc.reflogExpire").lines == ["never"])
      }
    }
  }

  /// What may lie at a destination and is none of ours.
  enum Foreign: String, CaseIterable, CustomTestStringConvertible {
    case bareClone, emptyBare, mirrorOfAnother, copyOfAnother, workTree, files, oneFile
    var testDescription: String { rawValue }

    var code: MirrorError.Code {
      switch self {
      case .bareClone, .emptyBare, .mirrorOfAnother: .destinationNotACopy
      case .copyOfAnother: .destinationOtherSource
      case .workTree, .files: .destinationNotEmpty
      case .oneFile: .destinationNotADirectory
      }
    }

    /// A bare repository may be taken over when the user says so.
    var isAdoptable: Bool {
      switch self {
      case .bareClone, .emptyBare, .mirrorOfAnother, .copyOfAnother: true
      case .workTree, .files, .oneFile: false
      }
    }
  }

  @Test(
    "everything else is refused and left alone, unless it is a bare repository and --adopt is given",
    arguments: Foreign.allCases)
  func foreign(_ kind: Foreign) async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try Self.lay(kind, harness)
      let before = try TreeSnapshot(of: harness.directory.path("copies"))
      let refused = try harness.attempt()
      #expect(refused.status == .failed)
      #expect(refused.error?.code == kind.code)
      #expect(try TreeSnapshot(of: harness.directory.path("copies")) == before)
      let adopted = try harness.attempt(adopts: true)
      if kind.isAdoptable {
        #expect(adopted.error == nil)
        try harness.expectExact(adopted)
        try source.change { $0.deleteRef("refs/heads/a/b") }
        #expect(try harness.mirrorExactly().refs.deleted == 1, "it is a copy now")
      } else {
        #expect(adopted.error?.code == kind.code)
        #expect(try TreeSnapshot(of: harness.directory.path("copies")) == before)
      }
    }
  }

  private static func lay(_ kind: Foreign, _ harness: MirrorHarness) throws {
    let other = harness.directory.path("other.git")
    var builder = RepositoryBuilder()
    builder.branch("elsewhere", at: builder.commit(["file": "of another"]))
    let made = try builder.build(at: other)
    let git = GitCommand()
    switch kind {
    case .bareClone: try git.run("clone", "-q", "--bare", harness.sourcePath, harness.copyPath)
    case .emptyBare: try git.run("init", "-q", "--bare", harness.copyPath)
    case .mirrorOfAnother: try git.run("clone", "-q", "--mirror", made.path, harness.copyPath)
    case .copyOfAnother: #expect(try harness.attempt(source: made.path).error == nil)
    case .workTree: try git.run("clone", "-q", harness.sourcePath, harness.copyPath)
    case .files: try harness.directory.write("mine", to: "copies/copy.git/notes.txt")
    case .oneFile: try harness.directory.write("mine", to: "copies/copy.git")
    }
  }

  @Test("an empty directory is a place for a copy")
  func emptyDirectory() async throws {
    try await MirrorHarness.run { harness in
      _ = try Self.source(harness)
      try FileManager.default.createDirectory(atPath: harness.copyPath, withIntermediateDirectories: true)
      #expect(try harness.mirrorExactly().status == .cloned)
    }
  }

  @Test("what --adopt overwrites is kept for the operator")
  func adoptedValues() async throws {
    try await MirrorHarness.run { harness in
      _ = try Self.source(harness)
      try Self.lay(.mirrorOfAnother, harness)
      let lost = try harness.copy.run("rev-parse", "refs/heads/elsewhere").text
      let outcome = try harness.attempt(adopts: true)
      try harness.expectExact(outcome)
      try harness.copy.run("gc", "-q", "--prune=now")
      #expect(try harness.copy.run("cat-file", "-t", lost).text == "commit")
    }
  }
}
