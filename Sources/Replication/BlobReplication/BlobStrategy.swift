package import Replication
import Synchronization
import SystemPackage
package import WorkerPool

/// The strategy of kinds whose replicables are files.
///
/// Everything that touches the disk runs on a thread of `workers`, and ends within a second of its task's cancellation.
/// `BlobSync` and `BlobTrash` describe the state after a crash.
///
/// Decisions where the contract leaves room:
/// - The primary's current digest wins. A file that differs from `expected` is replaced, of an immutable kind too, then
///   with the warning `immutable_changed`. Without an expected digest a differing file of an immutable kind stays, and
///   the sync fails with `checksum_mismatch`, until the primary names a digest; `isFresh` replaces it.
/// - A displaced file always goes to the trash, also when a mutable kind is merely updated: no copy is destroyed that
///   cannot be restored.
package final class BlobStrategy: Strategy {
  /// Where the files lie.
  package let place: BlobPlace
  let isMutable: Bool
  let transport: BlobTransport
  let workers: WorkerPool
  let limits: BlobLimits
  let digests: DigestCache?
  let now: @Sendable () -> Timestamp
  let directories = DirectoryKeeper()
  /// The root when something was last seen in it; `nil` before that. Another one, or an empty one, may be a disk that
  /// is not mounted.
  let knownRoot = Mutex<FileIdentity?>(nil)

  /// - Parameters:
  ///   - isMutable: files of the kind may get another content under their name.
  ///   - digests: readings that a primary may answer `listing(of:)` with; `nil` reads the file each time, as a
  ///     secondary must.
  ///   - now: the wall clock, for the dates of tickets and readings.
  package init(
    place: BlobPlace, isMutable: Bool = false, transport: BlobTransport, workers: WorkerPool,
    limits: BlobLimits = BlobLimits(), digests: DigestCache? = nil,
    now: @escaping @Sendable () -> Timestamp = { .systemClock() }
  ) {
    self.place = place
    self.isMutable = isMutable
    self.transport = transport
    self.workers = workers
    self.limits = limits
    self.digests = digests
    self.now = now
  }

  package var dataType: DataType { .blob }

  package func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool { false }

  package func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport {
    try await onWorker(BlobSync.operation(request.id)) { [self] cancellation in
      let sync = BlobSync(
        request: request, place: place, isMutable: isMutable, limits: limits, transport: transport,
        directories: directories, cancellation: cancellation, now: now())
      return try sync.run()
    }
  }

  package func catalog() async throws(StrategyError) -> DirectoryCatalog {
    try await onWorker("list '\(place.root)'") { [self] cancellation in
      let walk = CatalogWalk(place: place, cancellation: cancellation)
      let (catalog, root) = try walk.run(expecting: knownRoot.withLock { $0?.device })
      if catalog.isComplete {
        knownRoot.withLock { $0 = root }
        digests?.keep(only: catalog.rows.map(\.id))
      }
      // A cache that cannot be written only costs reading again.
      try? digests?.save()
      return catalog
    }
  }

  /// Runs blocking work, and says in our words what it threw.
  func onWorker<Answer: Sendable>(
    _ operation: String, _ body: @escaping @Sendable (CancellationFlag) throws -> Answer
  ) async throws(StrategyError) -> Answer {
    do {
      return try await workers.run(body)
    } catch {
      throw StrategyError(translating: error, trying: operation)
    }
  }
}
