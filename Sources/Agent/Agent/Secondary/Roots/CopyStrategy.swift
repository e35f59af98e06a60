internal import DurableFiles
internal import Replication
internal import Scheduling
internal import SystemPackage
internal import WorkerPool

/// The strategy of copies in an agent: it refuses to work in a wrong root, and attributes each failure to the host, to
/// this machine or to the copy.
struct CopyStrategy: Strategy {
  let name: ReplicableName
  let strategy: any Strategy
  let root: RootGuard
  let hosts: SourceHosts
  let storage: WorkerPool

  var dataType: DataType { strategy.dataType }
  var needsUpkeep: Bool { strategy.needsUpkeep }

  func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    try await guarded { () async throws(StrategyError) in try await strategy.listing(of: id) }
  }

  func presence(of id: ReplicableID) async throws(StrategyError) -> Presence {
    try await guarded { () async throws(StrategyError) in try await strategy.presence(of: id) }
  }

  func catalog() async throws(StrategyError) -> DirectoryCatalog { try await strategy.catalog() }

  func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool { try await strategy.borrows(id) }

  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport {
    let (key, host) = (JobKey(name: name, id: request.id), SourceHost.name(of: request.source.location))
    do {
      let report = try await guarded { () async throws(StrategyError) in try await strategy.sync(request) }
      hosts.succeeded(host, for: key)
      return report
    } catch {
      throw hosts.attribute(error, of: key, at: host)
    }
  }

  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    try await guarded { () async throws(StrategyError) in try await strategy.rename(id, to: newID) }
  }

  func move(_ moves: [CopyMove]) async throws(StrategyError) {
    try await guarded { () async throws(StrategyError) in try await strategy.move(moves) }
  }

  func unfinishedMoves() async throws(StrategyError) -> [CopyMove] {
    try await guarded { () async throws(StrategyError) in try await strategy.unfinishedMoves() }
  }

  func finishMoves() async throws(StrategyError) {
    try await guarded { () async throws(StrategyError) in try await strategy.finishMoves() }
  }

  func marks(of listing: ContentListing) -> [String] { strategy.marks(of: listing) }

  func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool {
    try await strategy.holds(marks, id)
  }

  func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? {
    try await guarded { () async throws(StrategyError) in try await strategy.discard(id, entry: entry, at: now) }
  }

  func trash() async throws(StrategyError) -> [TrashTicket] { try await strategy.trash() }

  func restore(_ ticket: TrashTicket) async throws(StrategyError) {
    try await guarded { () async throws(StrategyError) in try await strategy.restore(ticket) }
  }

  func emptyTrash(before moment: Timestamp, displacedBefore displacedMoment: Timestamp) async throws(StrategyError)
    -> Int
  {
    try await guarded { () async throws(StrategyError) in
      try await strategy.emptyTrash(before: moment, displacedBefore: displacedMoment)
    }
  }

  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    try await guarded { () async throws(StrategyError) in try await strategy.housekeep(id, isThorough: isThorough) }
  }

  /// Not guarded, because the guard uses it for counting.
  func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook { try await strategy.inspect(id) }

  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport {
    try await guarded { () async throws(StrategyError) in try await strategy.check(id) }
  }

  private func guarded<Answer>(_ body: () async throws(StrategyError) -> Answer) async throws(StrategyError) -> Answer {
    try await blocking { try root.check() }
    do {
      return try await body()
    } catch {
      // The disk of the copies may have been unmounted meanwhile: then that is the failure.
      try await blocking { try root.check() }
      guard error.disposition == .host, error.origin == .machine, Self.mayBeOfOneCopy.contains(error.code.rawValue),
        await isRootUsable()
      else { throw error }
      throw StrategyError(error.code, error.message, disposition: .replicable)
    }
  }

  private func blocking(_ body: @escaping @Sendable () throws -> Void) async throws(StrategyError) {
    do {
      try await storage.run { _ in try body() }
    } catch let error as StrategyError {
      throw error
    } catch {
      throw StrategyError(.cancelled, "look at the root '\(root.identity.root)': \(error)", disposition: .host)
    }
  }

  /// Codes of file system failures, which belong to one copy if the root itself is writable.
  private static let mayBeOfOneCopy: Set<String> = ["destination_io", "destination_unwritable", "file_system"]

  private func isRootUsable() async -> Bool {
    let probe = root.identity.root.appending(".remora-probe")
    let files = root.identity.files
    do {
      try await storage.run { _ in
        try files.replaceFile(probe, with: [UInt8(ascii: "\n")], permissions: FilePermissions(rawValue: 0o600))
        try files.unlink(probe)
      }
      return true
    } catch {
      // The original error has the reason.
      return false
    }
  }
}
