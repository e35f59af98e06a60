import Foundation
import Replication
import TestSupport

@testable import SiteAssembly

struct Project: Replicable {
  typealias ReplicatorType = ProjectReplicator
  let replicableID: ReplicableID
}

/// A kind that is declared in Swift and replaces its strategy.
struct ProjectReplicator: RepositoryReplicator {
  typealias Model = Project
  let modelRecordID: ReplicableID

  static func strategy(insteadOf standard: any Strategy) -> any Strategy { Wrapped("own", standard) }
}

/// A strategy with a name, for what lies outside of what; only what a sync needs is passed on.
struct Wrapped: Strategy {
  let name: String
  let inner: any Strategy

  init(_ name: String, _ inner: any Strategy) {
    self.name = name
    self.inner = inner
  }

  var dataType: DataType { inner.dataType }
  var needsUpkeep: Bool { inner.needsUpkeep }
  func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing { try await inner.listing(of: id) }
  func presence(of id: ReplicableID) async throws(StrategyError) -> Presence { try await inner.presence(of: id) }
  func catalog() async throws(StrategyError) -> DirectoryCatalog { try await inner.catalog() }
  func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool { try await inner.borrows(id) }
  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport { try await inner.sync(request) }

  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    try await inner.rename(id, to: newID)
  }

  func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? {
    try await inner.discard(id, entry: entry, at: now)
  }

  func trash() async throws(StrategyError) -> [TrashTicket] { try await inner.trash() }
  func restore(_ ticket: TrashTicket) async throws(StrategyError) { try await inner.restore(ticket) }

  func emptyTrash(
    before moment: Timestamp, displacedBefore displacedMoment: Timestamp
  ) async throws(StrategyError) -> Int {
    try await inner.emptyTrash(before: moment, displacedBefore: displacedMoment)
  }

  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    try await inner.housekeep(id, isThorough: isThorough)
  }

  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport { try await inner.check(id) }
}

/// Directories of a primary and a secondary, and plans for them: a declared kind of repositories and a configured one of
/// files.
struct SiteFixture {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory("assembly")
    for name in ["sources/project", "sources/note", "copies/project", "copies/note"] {
      try directory.write("", to: "\(name)/.keep")
    }
  }

  func plan(_ name: String, root: String) throws -> SitePlan {
    var plan = SitePlan(name: name, state: directory.path(name))
    plan.replicate(ProjectReplicator.self, root: directory.path("\(root)/project"))
    plan.replicate(try KindConfiguration(name: "note", strategy: "blob", root: directory.path("\(root)/note")))
    return plan
  }

  func repository(_ path: String) throws {
    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commit(["file": "one"]))
    _ = try builder.build(at: directory.path(path))
  }
}
