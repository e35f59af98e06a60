internal import DurableFiles
package import Replication
internal import Synchronization
internal import SystemPackage
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

extension BlobStrategy {
  /// The one line of a file's listing.
  static let lineName = "content"
  /// A file that changes while it is read is read again; after so many times it is busy.
  static let readingAttempts = 3

  package func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    try await onWorker("read '\(id)'") { [self] cancellation in
      let checksum = try checksum(of: id, cancellation)
      var listing = ContentListing()
      listing.append(name: Self.lineName.utf8, value: checksum.description.utf8.dropFirst("sha256:".utf8.count))
      listing.checksum = checksum
      return listing
    }
  }

  package func presence(of id: ReplicableID) async throws(StrategyError) -> Presence {
    let operation = "look for '\(id)'"
    return try await onWorker(operation) { [self] _ in
      switch try place.standing(of: id) {
      case .file(let status):
        let root = try place.requireRoot()
        knownRoot.withLock { $0 = FileIdentity(device: root.device, inode: root.inode) }
        return .present(FileIdentity(status))
      case .foreign: return .unfinished
      case .blocked(let path, .symbolicLink):
        // Moved to another disk, perhaps, and linked back: that does not mean that it is gone.
        throw place.occupied(path, "a link lies on the way", operation)
      case .nothing, .directory, .blocked:
        try requireCredibleAbsence(trying: operation)
        return .absent
      }
    }
  }

  /// The caller judges whether an absence is plausible, because it has the number of replicables.
  package func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook {
    try await onWorker("look at '\(id)'") { [self] _ in
      switch try place.standing(of: id) {
      case .file: CopyLook()
      case .nothing, .blocked, .directory: CopyLook(isThere: false)
      case .foreign: CopyLook(damage: ["something else stands in its place"])
      }
    }
  }

  /// An unmounted disk looks like an empty root. So an empty root is accepted only for the same directory in which this
  /// process has seen a file: then it was emptied.
  private func requireCredibleAbsence(trying operation: String) throws {
    let root = try place.requireRoot()
    guard try place.isEmpty(), knownRoot.withLock({ $0 }) != FileIdentity(device: root.device, inode: root.inode) else {
      return
    }
    throw StrategyError(
      .fileSystem, trying: operation, "the root '\(place.root)' is empty", hint: "is its disk mounted?",
      disposition: .host)
  }

  private func checksum(of id: ReplicableID, _ cancellation: CancellationFlag) throws -> Checksum {
    let operation = "read '\(id)'"
    switch try place.standing(of: id) {
    case .file: break
    case .nothing, .directory: throw Self.missing(operation)
    case .foreign: throw place.occupied(place.path(of: id), "no regular file stands there", operation)
    case .blocked(let path, let kind):
      guard kind == .symbolicLink else { throw Self.missing(operation) }
      throw place.occupied(path, "a link lies on the way", operation)
    }
    for _ in 0..<Self.readingAttempts {
      let file: OpenFile
      do { file = try OpenFile(below: place.root, place.path(of: id)) } catch {
        guard error.code == .noSuchFileOrDirectory else { throw error }
        throw Self.missing(operation)
      }
      let startedAt = now()
      if let known = digests?.checksum(of: id, try file.stamp(), at: startedAt) { return known }
      guard let digest = try FileDigest(reading: file, cancellation: cancellation) else { continue }
      digests?.note(digest.checksum, of: id, digest.stamp, readAt: startedAt)
      return digest.checksum
    }
    throw StrategyError(
      .busy, trying: operation, "the file changed each of the \(Self.readingAttempts) times that it was read",
      hint: "it is tried again later")
  }

  private static func missing(_ operation: String) -> StrategyError {
    StrategyError(.missing, trying: operation, "there is no such file")
  }
}

/// What one transfer may cost. Every wait and every buffer of it is bounded by one of these.
package struct BlobLimits: Sendable, Hashable {
  /// The largest file that is taken, in bytes. Default 1 TiB.
  package var maximumBytes: UInt64
  /// How long a server may take to move one byte while we wait for it. Default 60 s.
  package var silence: Duration
  /// How long one transfer may take; the received part is kept, and the next transfer continues it. Default 6 h.
  package var total: Duration
  /// Bytes that stay free on the disk of the copies. Default 64 MiB.
  package var freeBytesToKeep: UInt64

  /// - Parameters:
  ///   - silence: above zero.
  ///   - total: above zero.
  package init(
    maximumBytes: UInt64 = 1 << 40, silence: Duration = .seconds(60), total: Duration = .seconds(6 * 3_600),
    freeBytesToKeep: UInt64 = 64 << 20
  ) {
    precondition(silence > .zero && total > .zero && maximumBytes <= 1 << 62, "limits that nothing can meet")
    self.maximumBytes = maximumBytes
    self.silence = silence
    self.total = total
    self.freeBytesToKeep = freeBytesToKeep
  }
}
