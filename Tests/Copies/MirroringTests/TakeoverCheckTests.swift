import DurableFiles
import Foundation
import GitValues
import Mirroring
import TestSupport
import Testing
import WorkerPool

@Suite("Taking over a clone that lacks something", .timeLimit(.minutes(10))) struct TakeoverCheckTests {
  /// One object of the clone, and what became of it.
  enum Gap: String, CaseIterable, Sendable {
    case missingBlob, missingTree, missingParent, missingTagged, emptyBlob, cutBlob, otherBlob, cutCommit

    var revision: String {
      switch self {
      case .missingBlob, .emptyBlob, .cutBlob, .otherBlob: "main~2:file-0"
      case .missingTree: "main~2^{tree}"
      case .missingParent, .cutCommit: "main~1"
      case .missingTagged: "v1^{commit}"
      }
    }

    func strike(_ path: String) throws {
      chmod(path, 0o644)
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      switch self {
      case .missingBlob, .missingTree, .missingParent, .missingTagged: try FileManager.default.removeItem(atPath: path)
      case .emptyBlob: try Data().write(to: URL(fileURLWithPath: path))
      case .cutBlob, .cutCommit: try Data(bytes.prefix(bytes.count / 2)).write(to: URL(fileURLWithPath: path))
      case .otherBlob: break
      }
    }
  }

  private static func source(_ harness: MirrorHarness) throws -> TestRepository {
    try harness.source { builder in
      var last: [BuiltObject] = []
      for number in 0..<4 {
        last = [builder.commit(["file-0": .bytes(Array("\(number) \(number)\n".utf8))], parents: last)]
        if number == 0 { builder.tag("v1", of: last[0]) }
      }
      builder.branch("main", at: last[0])
    }
  }

  /// Makes a `git clone --mirror` with loose objects.
  private static func clone(_ harness: MirrorHarness) throws {
    try harness.git().run("clone", "-q", "--mirror", harness.url(of: harness.sourcePath), harness.copyPath)
    try unpack(harness.copyPath)
  }

  /// Turns the packs of a repository into loose objects.
  private static func unpack(_ repository: String) throws {
    let directory = "\(repository)/objects/pack"
    let packs = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".pack") }.map {
      try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(directory)/\($0)")))
    }
    try FileManager.default.removeItem(atPath: directory)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for pack in packs { try GitCommand(in: repository).run("unpack-objects", "-q", input: pack) }
  }

  private static func path(_ oid: ObjectID, _ harness: MirrorHarness) -> String {
    "\(harness.copyPath)/objects/\(oid.hex.prefix(2))/\(oid.hex.dropFirst(2))"
  }

  @Test(
    "what is missing or damaged is fetched again, whether the source has moved or not", arguments: Gap.allCases,
    [true, false])
  func repaired(gap: Gap, hasMoved: Bool) async throws {
    for transport in [SourceTransport.path, .pathWithoutGit, .httpVersion2] {
      try await MirrorHarness.run(transport) { harness in
        let source = try Self.source(harness)
        try Self.clone(harness)
        let oid = try source.oid(gap.revision)
        try gap.strike(Self.path(oid, harness))
        if gap == .otherBlob {
          let other = try source.oid("main~1:file-0")
          try FileManager.default.removeItem(atPath: Self.path(oid, harness))
          try FileManager.default.copyItem(atPath: Self.path(other, harness), toPath: Self.path(oid, harness))
        }
        if hasMoved {
          try source.change { $0.branch("new", at: $0.commit(["n": "n\n"], parents: [.oid(try source.oid("main"))])) }
        }
        let outcome = try harness.mirrorExactly()
        #expect(outcome.status == .updated)
        #expect(outcome.warnings.contains { $0.code == "takeover_repaired" })
        #expect(try harness.mirror().status == .unchanged)
        #expect(try harness.copy.run("cat-file", "-e", oid.hex).output == [])
      }
    }
  }

  @Test("a sound clone is walked, and nothing is fetched or warned of")
  func sound() async throws {
    try await MirrorHarness.run { harness in
      _ = try Self.source(harness)
      try Self.clone(harness)
      let outcome = try harness.mirrorExactly()
      #expect(outcome.objects == 0 && outcome.warnings.isEmpty)
    }
  }

  @Test("what only the clone had and lacks now does not get into the history, so that git's own housekeeping works")
  func droppedGap() async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try source.change { $0.branch("gone", at: $0.commit(["g": "g\n"], parents: [.oid(try source.oid("main"))])) }
      try Self.clone(harness)
      let lost = try source.oid("gone^{tree}")
      try source.change { $0.deleteRef("refs/heads/gone") }
      try FileManager.default.removeItem(atPath: Self.path(lost, harness))
      try harness.mirrorExactly()
      try harness.copy.run("gc", "-q", "--prune=now")
      #expect(try harness.mirror().status == .unchanged)
      try harness.expectSound()
    }
  }

  @Test("a source that lacks it too leaves the clone as it was")
  func noHelp() async throws {
    try await MirrorHarness.run { harness in
      let source = try Self.source(harness)
      try Self.clone(harness)
      let oid = try source.oid("main~2:file-0")
      try FileManager.default.removeItem(atPath: Self.path(oid, harness))
      try Self.unpack(source.path)
      try FileManager.default.removeItem(
        atPath: "\(source.path)/objects/\(oid.hex.prefix(2))/\(oid.hex.dropFirst(2))")
      let refs = try GitCommand().view(harness.copyPath)
      let outcome = try harness.attempt()
      #expect(outcome.status == .failed)
      #expect(try GitCommand().view(harness.copyPath) == refs)
      #expect(!FileManager.default.fileExists(atPath: "\(harness.copyPath)/remora"))
    }
  }

  @Test("the source itself is no destination, by whatever path", arguments: ["", "/", "/.", "/../source.git", "link"])
  func itself(suffix: String) async throws {
    try await MirrorHarness.run { harness in
      _ = try Self.source(harness)
      let link = harness.directory.path("link")
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: harness.sourcePath)
      let source = suffix == "link" ? link : harness.sourcePath + suffix
      for adopts in [true, false] {
        let outcome = try harness.attempt(adopts: adopts, source: source, to: harness.sourcePath)
        #expect(outcome.error?.code == .destinationIsTheSource)
      }
      #expect(!FileManager.default.fileExists(atPath: "\(harness.sourcePath)/remora"))
    }
  }
}

@Suite("What failing runs leave", .timeLimit(.minutes(10))) struct FailingRunTests {
  private static func packs(_ harness: MirrorHarness) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(harness.copyPath)/objects/pack").sorted()
  }

  private static func moved(_ harness: MirrorHarness) throws {
    let source = try harness.smallSource()
    try harness.mirrorExactly()
    try source.change { $0.branch("new", at: $0.commit(["new": .random(100_000, seed: 3)])) }
  }

  @Test(
    "a lock that stays is looked at before anything is fetched",
    arguments: ["packed-refs.lock", "HEAD.lock", "refs/heads/x.lock"])
  func staleLock(name: String) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try Self.moved(harness)
      try harness.plant("", at: name)
      let before = try Self.packs(harness)
      for _ in 0..<3 {
        let outcome = try harness.attempt()
        try harness.expectFailure(outcome, "destination_locked", saying: [name])
        #expect(outcome.bytes == 0)
        #expect(try Self.packs(harness) == before)
      }
      try FileManager.default.removeItem(atPath: "\(harness.copyPath)/\(name)")
      try harness.mirrorExactly()
    }
  }

  @Test("a lock that goes is waited for, by default too, and what its holder changed is seen")
  func shortLock() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try Self.moved(harness)
      try harness.plant("", at: "packed-refs.lock")
      let pauses = Monitor(0)
      var environment = harness.environment()
      environment.pause = { _, _ in
        let number = pauses.with { number in
          number += 1
          return number
        }
        guard number == 3 else { return }
        let lock = "\(harness.copyPath)/packed-refs.lock"
        try FileManager.default.removeItem(atPath: lock)
        try harness.copy.run("pack-refs", "--all")
        try harness.copy.run("update-ref", "refs/heads/stray", "refs/heads/main")
        try harness.copy.run("pack-refs", "--all")
      }
      let outcome = try harness.attempt(environment: environment)
      #expect(outcome.error == nil, "\(outcome.error.map { "\($0)" } ?? "")")
      try harness.expectExact(outcome)
    }
  }

  @Test("a longer --wait waits longer than a second, and a lock costs at most that")
  func longWait() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try Self.moved(harness)
      try harness.plant("", at: "packed-refs.lock")
      for (wait, least) in [(Duration.zero, Duration.seconds(1)), (.seconds(20), .seconds(20))] {
        let waited = Monitor(Duration.zero)
        var environment = harness.environment()
        environment.pause = { time, _ in waited.with { $0 += time } }
        var request = try harness.request()
        request.wait = wait
        let outcome = MirrorRun(request, environment: environment, cancellation: .init()).execute()
        try harness.expectFailure(outcome, "destination_locked")
        #expect(waited.current >= least && waited.current < least + .seconds(1))
      }
    }
  }

  @Test(
    "a pack that was published before the run failed is taken back",
    arguments: [MirrorPhase.publishingPack, .journaling, .changingRefs])
  func takenBack(phase: MirrorPhase) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try Self.moved(harness)
      let before = try Self.packs(harness)
      let refs = try GitCommand().view(harness.copyPath)
      for _ in 0..<3 {
        var environment = harness.environment()
        environment.passing = { if $0 == phase { mkdir("\(harness.copyPath)/packed-refs.lock", 0o755) } }
        try harness.expectFailure(try harness.attempt(environment: environment), "destination_locked")
        rmdir("\(harness.copyPath)/packed-refs.lock")
        #expect(try Self.packs(harness) == before)
        #expect(try GitCommand().view(harness.copyPath) == refs)
      }
      try harness.mirrorExactly()
    }
  }

  @Test("where the refs have changed already, the pack stays")
  func kept() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try source.change { builder in
        builder.branch("new", at: builder.commit(["new": .random(100_000, seed: 3)]))
        builder.head = .branch("side")
      }
      var environment = harness.environment()
      environment.passing = { if $0 == .changingHead { mkdir("\(harness.copyPath)/HEAD.lock", 0o755) } }
      let outcome = try harness.attempt(environment: environment)
      #expect(outcome.status == .failed)
      rmdir("\(harness.copyPath)/HEAD.lock")
      #expect(try GitCommand().refs(harness.copyPath)["refs/heads/new"] == source.oid("new").hex)
      #expect(try GitCommand().fsck(harness.copyPath) == [])
      try harness.mirrorExactly()
    }
  }
}
