import Foundation
import GitTransport
import GitValues
import Mirroring
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import WorkerPool

/// A root of sources and a root of copies, with the strategy of each.
struct StrategyFixture: Sendable {
  let directory: TemporaryDirectory
  let source: RepositoryStrategy
  let copies: RepositoryStrategy
  let environment: MirrorEnvironment
  let workers: WorkerPool

  static func with(_ body: @Sendable (StrategyFixture) async throws -> Void) async throws {
    let directory = try TemporaryDirectory("strategy")
    for name in ["source", "copies"] {
      try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: true)
    }
    let workers = WorkerPool(name: "strategy", threads: 4, waitingLimit: 100)
    let transports = Transports(
      configuration: TransportConfiguration(environment: ChildProcess.isolatedEnvironment()))
    let environment = MirrorEnvironment(
      transports: transports, pause: { _, cancellation in try cancellation.check() })
    func strategy(_ name: String) -> RepositoryStrategy {
      RepositoryStrategy(
        place: RepositoryPlace(root: FilePath(directory.path(name))), environment: environment, workers: workers)
    }
    let fixture = StrategyFixture(
      directory: directory, source: strategy("source"), copies: strategy("copies"), environment: environment,
      workers: workers)
    do {
      try await body(fixture)
    } catch {
      await workers.shutdown()
      await transports.shutdown()
      throw error
    }
    await workers.shutdown()
    await transports.shutdown()
  }

  func sourcePath(_ id: ReplicableID) -> String { directory.path("source/\(id).git") }
  func copyPath(_ id: ReplicableID) -> String { directory.path("copies/\(id).git") }

  func build(_ text: String) throws -> ReplicableID {
    let id = try ReplicableID(text)
    try FileManager.default.createDirectory(
      atPath: (sourcePath(id) as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    var builder = RepositoryBuilder()
    let first = builder.commit(["file": "one"])
    builder.branch("main", at: first)
    builder.branch("side", at: builder.commit(["side": "two"], parents: [first]))
    _ = try builder.build(at: sourcePath(id))
    return id
  }

  /// From the source of the same id, or from elsewhere.
  func sync(_ id: ReplicableID, from location: String? = nil, isFresh: Bool = false) async throws -> SyncReport {
    try await copies.sync(
      SyncRequest(id: id, source: SourceAddress(location: location ?? sourcePath(id)), isFresh: isFresh))
  }
}
