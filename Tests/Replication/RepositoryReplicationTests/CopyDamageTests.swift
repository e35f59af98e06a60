import Foundation
import GitTransport
import GitValues
import Mirroring
import RefStore
import Replication
import RepositoryReplication
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WorkerPool

/// Every file of a copy damaged in every way: which check finds it, and that the copy is whole again afterwards without
/// an operator.
@Suite("Damaged copies")
struct CopyDamageTests {
  /// What happens to a copy.
  struct Damage: Sendable, CustomTestStringConvertible {
    let name: String
    let inflict: @Sendable (String) throws -> Void
    var testDescription: String { name }

    init(_ name: String, _ inflict: @escaping @Sendable (String) throws -> Void) {
      self.name = name
      self.inflict = inflict
    }
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  private static func replaceByDirectory(_ path: String) throws {
    if access(path, F_OK) == 0 { try remove(path) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try write([1], path + "/something")
  }

  private static func replaceByFile(_ path: String) throws {
    if access(path, F_OK) == 0 { try remove(path) }
    try write(Array("a file\n".utf8), path)
  }

  private static func setMode(_ mode: mode_t, _ path: String) throws {
    guard chmod(path, mode) == 0 else { throw TestSupportError("chmod \(path): \(errno)") }
  }

  static let files: [Damage] = ["config", "HEAD"].flatMap { file in
    [
      Damage("\(file): zero-filled") { try write([UInt8](repeating: 0, count: 200), "\($0)/\(file)") },
      Damage("\(file): garbage") { try write([0xff, 0xfe, 0x5b, 0x0a, 0x3d, 0x5d, 0x22], "\($0)/\(file)") },
      Damage("\(file): empty") { try write([], "\($0)/\(file)") },
      Damage("\(file): missing") { try remove("\($0)/\(file)") },
      Damage("\(file): a directory") { try replaceByDirectory("\($0)/\(file)") },
      Damage("\(file): a link") { copy in
        try remove("\(copy)/\(file)")
        try FileManager.default.createSymbolicLink(atPath: "\(copy)/\(file)", withDestinationPath: "/nowhere")
      },
    ]
  }

  static let others: [Damage] = [
    Damage("config: cut off") { copy in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(copy)/config"))
      try write(Array(bytes.prefix(bytes.count / 2)), "\(copy)/config")
    },
    Damage("config: not bare") { try write(Array("[core]\n\tbare = false\n".utf8), "\($0)/config") },
    Damage("config: an extension that git does not know") {
      try write(
        Array("[core]\n\trepositoryformatversion = 7\n\tbare = true\n[extensions]\n\tnonsense = true\n".utf8),
        "\($0)/config")
    },
    Damage("config: gc may drop the history") { copy in
      let text = try String(contentsOfFile: "\(copy)/config", encoding: .utf8)
      try write(Array(text.replacingOccurrences(of: "auto = 0", with: "auto = 1").utf8), "\(copy)/config")
    },
    Damage("packed-refs: zero-filled") { try write([UInt8](repeating: 0, count: 200), "\($0)/packed-refs") },
    Damage("packed-refs: garbage") { try write(Array("nonsense\nnonsense\n".utf8), "\($0)/packed-refs") },
    Damage("packed-refs: missing") { try remove("\($0)/packed-refs") },
    Damage("packed-refs: a directory") { try replaceByDirectory("\($0)/packed-refs") },
    Damage("refs: missing") { try remove("\($0)/refs") },
    Damage("refs: a file") { try replaceByFile("\($0)/refs") },
    Damage("objects: missing") { try remove("\($0)/objects") },
    Damage("objects: a file") { try replaceByFile("\($0)/objects") },
    Damage("objects/pack: missing") { try remove("\($0)/objects/pack") },
    Damage("objects/pack: a file") { try replaceByFile("\($0)/objects/pack") },
    Damage("objects/info/alternates") { copy in
      try FileManager.default.createDirectory(atPath: "\(copy)/objects/info", withIntermediateDirectories: true)
      try write(Array("/nowhere/objects\n".utf8), "\(copy)/objects/info/alternates")
    },
    Damage("info/grafts") { copy in
      try FileManager.default.createDirectory(atPath: "\(copy)/info", withIntermediateDirectories: true)
      try write(Array((String(repeating: "0", count: 40) + "\n").utf8), "\(copy)/info/grafts")
    },
    Damage("shallow") { try write(Array((String(repeating: "1", count: 40) + "\n").utf8), "\($0)/shallow") },
    Damage("commondir") { try write(Array("/nowhere\n".utf8), "\($0)/commondir") },
    Damage("permissions: the copy") { try setMode(0, $0) },
    Damage("permissions: objects") { try setMode(0, "\($0)/objects") },
    Damage("permissions: objects/pack") { try setMode(0o500, "\($0)/objects/pack") },
    Damage("permissions: refs and remora") { copy in
      try setMode(0o111, "\(copy)/refs")
      try setMode(0, "\(copy)/remora")
    },
    Damage("permissions: files") { copy in
      for file in ["HEAD", "config", "packed-refs", "remora/refs.journal.jsonl"] { try setMode(0, "\(copy)/\(file)") }
    },
    Damage("journal: zero-filled") {
      try write([UInt8](repeating: 0, count: 200) + [0x0a], "\($0)/remora/refs.journal.jsonl")
    },
    Damage("journal: garbage") { try write(Array("nonsense\n".utf8), "\($0)/remora/refs.journal.jsonl") },
    Damage("journal: a directory") { try replaceByDirectory("\($0)/remora/refs.journal.jsonl") },
    Damage("state: a directory") { try replaceByDirectory("\($0)/remora/state.json") },
    Damage("state: garbage") { try write([0, 1, 2], "\($0)/remora/state.json") },
    Damage("lock: a directory") { try replaceByDirectory("\($0)/remora/lock") },
    Damage("staging: a file") { try replaceByFile("\($0)/remora/staging") },
    Damage("remora: a file") { try replaceByFile("\($0)/remora") },
    Damage("logs: a file") { try replaceByFile("\($0)/logs") },
    Damage("dropped log: a directory") { try replaceByDirectory("\($0)/logs/refs/remora/dropped") },
  ]

  static let whole: [Damage] = [
    Damage("the copy: a file") { try replaceByFile($0) },
    Damage("the copy: a link") { copy in
      try remove(copy)
      try FileManager.default.createSymbolicLink(atPath: copy, withDestinationPath: "/nowhere")
    },
    Damage("the copy: gone") { try remove($0) },
    Damage("the copy: empty") { copy in
      try remove(copy)
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
    },
  ]

  /// Returns a strategy of copies as an agent has it.
  private static func agentStrategy(
    _ fixture: StrategyFixture, mayAdopt: @escaping @Sendable (ReplicableID) -> Bool = { _ in false },
    repaired: @escaping @Sendable (ReplicableID, [String]) -> Void = { _, _ in }
  ) -> RepositoryStrategy {
    RepositoryStrategy(
      place: fixture.copies.place, environment: fixture.environment,
      rules: CopyRules(mayAdopt: mayAdopt, repaired: repaired), workers: fixture.workers)
  }

  private static func sync(
    _ strategy: RepositoryStrategy, _ fixture: StrategyFixture, _ id: ReplicableID, isFresh: Bool = false
  ) async throws -> SyncReport {
    try await strategy.sync(
      SyncRequest(id: id, source: SourceAddress(location: fixture.sourcePath(id)), isFresh: isFresh))
  }

  private static func expectWhole(_ strategy: RepositoryStrategy, _ fixture: StrategyFixture, _ id: ReplicableID)
    async throws
  {
    let git = GitCommand()
    #expect(try git.view(fixture.copyPath(id)) == git.view(fixture.sourcePath(id)))
    #expect(try git.fsck(fixture.copyPath(id)) == [])
    #expect(try await strategy.inspect(id).damage == [])
    #expect(try await strategy.check(id) == CheckReport())
    // And it can be changed.
    let source = TestRepository(existing: fixture.sourcePath(id))
    try source.change { $0.ref("refs/heads/later", at: $0.commit(["later": "later"])) }
    #expect(try await sync(strategy, fixture, id).hasChanged)
    #expect(try git.view(fixture.copyPath(id)) == git.view(fixture.sourcePath(id)))
  }

  @Test("the hourly look finds it, or the next sync puts it right", arguments: files + others + whole)
  func look(damage: Damage) async throws {
    try await StrategyFixture.with { fixture in
      let strategy = Self.agentStrategy(fixture)
      let id = try fixture.build("app")
      _ = try await Self.sync(strategy, fixture, id)
      #expect(try await strategy.inspect(id) == CopyLook())
      try damage.inflict(fixture.copyPath(id))
      let look = try await strategy.inspect(id)
      // What the scan of an agent then asks for; of what was repaired in place already, a sync by the next event.
      _ = try await Self.sync(strategy, fixture, id, isFresh: !look.damage.isEmpty)
      try await Self.expectWhole(strategy, fixture, id)
    }
  }

  @Test("a sync alone puts it right", arguments: files + others + whole)
  func sync(damage: Damage) async throws {
    try await StrategyFixture.with { fixture in
      let strategy = Self.agentStrategy(fixture)
      let id = try fixture.build("app")
      _ = try await Self.sync(strategy, fixture, id)
      try damage.inflict(fixture.copyPath(id))
      _ = try await Self.sync(strategy, fixture, id)
      try await Self.expectWhole(strategy, fixture, id)
    }
  }

  @Test("a verification or an object check never calls it whole", arguments: files + others)
  func reading(damage: Damage) async throws {
    try await StrategyFixture.with { fixture in
      let strategy = Self.agentStrategy(fixture)
      let id = try fixture.build("app")
      _ = try await Self.sync(strategy, fixture, id)
      let before = try await strategy.listing(of: id)
      try damage.inflict(fixture.copyPath(id))
      // Equal again after a repair in place, or not readable, or seen to differ: but not equal while git cannot read it.
      do {
        if try await strategy.listing(of: id) == before {
          #expect(try GitCommand().view(fixture.copyPath(id)) == GitCommand().view(fixture.sourcePath(id)))
        }
      } catch let error as StrategyError {
        #expect(error.disposition == .replicable, "\(error)")
      }
      do {
        let report = try await strategy.check(id)
        if report.findings.isEmpty { #expect(try GitCommand().fsck(fixture.copyPath(id)) == []) }
      } catch let error as StrategyError {
        #expect(error.disposition == .replicable, "\(error)")
      }
    }
  }

  @Test("rules of exclusion and dropped objects survive a damaged configuration")
  func rules() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("app")
      var request = MirrorRequest(
        source: try SourceURL(fixture.sourcePath(id)), destination: FilePath(fixture.copyPath(id)))
      request.exclusion = .init(["refs/heads/side"])
      #expect(
        MirrorRun(request, environment: fixture.environment, cancellation: CancellationFlag()).execute().error == nil)
      try Self.write([UInt8](repeating: 0, count: 100), fixture.copyPath(id) + "/config")
      let lines = Mutex<[String]>([])
      let strategy = Self.agentStrategy(fixture, repaired: { _, parts in lines.withLock { $0 += parts } })
      _ = try await Self.sync(strategy, fixture, id)
      #expect(try GitCommand().refs(fixture.copyPath(id)).keys.sorted() == ["refs/heads/main"])
      #expect(lines.withLock { $0 } == ["config: it holds zero bytes"])
      let config = try String(contentsOfFile: fixture.copyPath(id) + "/config", encoding: .utf8)
      #expect(config.contains("reflogExpireUnreachable = never") && config.contains("excludeRef"))
    }
  }

  @Test("a repository that Remora did not make is not overwritten, but by an operator's order")
  func foreign() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("app")
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/theirs", at: builder.commit(["theirs": "theirs"]))
      _ = try builder.build(at: fixture.copyPath(id))
      let before = try GitCommand().view(fixture.copyPath(id))
      let strategy = Self.agentStrategy(fixture)
      let error = await #expect(throws: StrategyError.self) { try await Self.sync(strategy, fixture, id) }
      #expect(error?.code == .occupied && error?.disposition == .replicable)
      #expect(error?.message.contains("remora mirror") == true)
      #expect(try GitCommand().view(fixture.copyPath(id)) == before)
      // What this site served itself when it was the primary is its own.
      let adopting = Self.agentStrategy(fixture, mayAdopt: { $0 == id })
      _ = try await Self.sync(adopting, fixture, id)
      #expect(try GitCommand().view(fixture.copyPath(id)) == GitCommand().view(fixture.sourcePath(id)))
      _ = try await Self.sync(strategy, fixture, id)
    }
  }

  @Test("locks of dead programs are removed when they are old, and young ones are respected")
  func locks() async throws {
    try await StrategyFixture.with { fixture in
      let lines = Mutex<[String]>([])
      let strategy = Self.agentStrategy(fixture)
      let id = try fixture.build("app")
      _ = try await Self.sync(strategy, fixture, id)
      let source = TestRepository(existing: fixture.sourcePath(id))
      let locks = ["packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "config.lock"]
      try FileManager.default.createDirectory(
        atPath: fixture.copyPath(id) + "/refs/heads", withIntermediateDirectories: true)
      for (number, lock) in locks.enumerated() where lock != "config.lock" {
        try source.change { $0.ref("refs/heads/n\(number)", at: $0.commit(["n": "\(number)"])) }
        let path = fixture.copyPath(id) + "/" + lock
        try Self.write(number == 0 ? [] : Array("held\n".utf8), path)
        let error = await #expect(throws: StrategyError.self) { try await Self.sync(strategy, fixture, id) }
        #expect(error?.disposition == .replicable, "\(lock)")
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -3_600)], ofItemAtPath: path)
        let report = try await Self.sync(strategy, fixture, id)
        #expect(
          report.warnings.contains { $0.contains("stale_lock_removed") && $0.contains(lock) }, "\(report.warnings)")
        #expect(try GitCommand().view(fixture.copyPath(id)) == GitCommand().view(fixture.sourcePath(id)))
      }
      #expect(lines.withLock { $0 } == [])
    }
  }

  @Test("a copy that another program works on is busy, and no other waits for it")
  func busy() async throws {
    try await StrategyFixture.with { fixture in
      var rules = CopyRules()
      rules.wait = .zero
      let strategy = RepositoryStrategy(
        place: fixture.copies.place, environment: fixture.environment, rules: rules, workers: fixture.workers)
      let id = try fixture.build("app")
      _ = try await Self.sync(strategy, fixture, id)
      try TestRepository(existing: fixture.sourcePath(id)).change { $0.ref("refs/heads/x", at: $0.commit(["x": "x"])) }
      let lock = open(fixture.copyPath(id) + "/remora/lock", O_RDWR | O_CLOEXEC)
      defer { close(lock) }
      #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
      let error = await #expect(throws: StrategyError.self) { try await Self.sync(strategy, fixture, id) }
      #expect(error?.code == .busy && error?.disposition == .replicable)
    }
  }
}
