import DurableFiles
import Foundation
import GitTransport
import GitValues
import Mirroring
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import WorkerPool

/// A source that has moved on, and a copy of what it was, with a history: a ref was dropped from it, another one is about to be.
final class CrashFixture: Sendable {
  static let id = "group/app"
  static let newID = "new/place/app"
  static let now = Timestamp(milliseconds: 1_790_000_000_000)

  private let directory: TemporaryDirectory
  /// The copy lies in it as in a root of copies.
  private let template: MemoryDirectory
  let source: String
  /// What the copy holds, what the source holds.
  let old: RefView
  let new: RefView
  /// The copy's files by name, but for the lock's.
  let files: [String]
  /// The copy's history.
  let journal: [UInt8]
  /// What no ref of the new state reaches, and what the history keeps.
  let dropped: [ObjectID]

  init() throws {
    directory = try TemporaryDirectory("crash")
    template = try MemoryDirectory("remora-template")
    source = directory.path("source.git")
    var builder = RepositoryBuilder()
    let main = builder.commits(3, label: "main")
    builder.branch("main", at: main[2])
    builder.branch("side", at: builder.commits(1, onto: main[0], file: "side", label: "side")[0])
    builder.tag("v1", of: main[0])
    let repository = try builder.build(at: source)
    let side = try repository.oid("refs/heads/side")
    try Self.sync(source, in: template.path)
    try repository.change { $0.deleteRef("refs/heads/side") }
    try Self.sync(source, in: template.path)
    let copy = template.path.pushing(FilePath(Self.id + ".git"))
    old = try RepositoryReading.view(of: copy)
    files = try Self.names(in: copy)
    journal = try RealFileSystem().contents(of: copy.pushing("remora/refs.journal.jsonl"), limit: 1 << 20) ?? []
    dropped = [side, repository.oid(main[2])]
    try repository.change { builder in
      let grown = builder.commits(2, onto: .oid(repository.oid(main[0])), file: "more", label: "more")
      builder.branch("main", at: grown[0])
      builder.branch("dev", at: grown[1])
      builder.head = .branch("dev")
    }
    new = try RepositoryReading.view(of: FilePath(source))
  }

  /// Puts the copy below a root.
  func lay(in root: FilePath) throws {
    try FileManager.default.copyItem(
      atPath: template.path.appending("group").string, toPath: root.appending("group").string)
  }

  static func names(in copy: FilePath) throws -> [String] {
    try TemporaryDirectory.files(below: copy.string).filter { $0 != "remora/lock" }
  }

  // MARK: Strategies

  private static let workers = WorkerPool(name: "crash tests", threads: 8, waitingLimit: 1_000)
  private static let transports = Transports(
    configuration: TransportConfiguration(environment: ChildProcess.isolatedEnvironment()))

  static func strategy(
    _ root: FilePath, _ files: any FileSystemPort = RealFileSystem(),
    passing: @escaping @Sendable (MirrorPhase) -> Void = { _ in }
  ) -> RepositoryStrategy {
    strategy(RepositoryPlace(root: root, files: files), passing: passing)
  }

  static func strategy(
    _ place: RepositoryPlace, passing: @escaping @Sendable (MirrorPhase) -> Void = { _ in }
  ) -> RepositoryStrategy {
    let environment = MirrorEnvironment(
      files: place.files, transports: transports,
      now: { Date(timeIntervalSince1970: TimeInterval(now.milliseconds) / 1_000) },
      pause: { _, flag in try flag.check() }, passing: passing)
    return RepositoryStrategy(place: place, environment: environment, workers: workers)
  }

  @discardableResult
  static func sync(_ source: String, in root: FilePath) throws -> SyncReport {
    let strategy = strategy(root)
    return try blocking {
      try await strategy.sync(SyncRequest(id: ReplicableID(id), source: SourceAddress(location: source)))
    }
  }

  /// Waits for async work on a thread of the test's own.
  static func blocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
    try Bridge.wait(until: .after(.seconds(120)), cancellation: CancellationFlag(), body)
  }
}
