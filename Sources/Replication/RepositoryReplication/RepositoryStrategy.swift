internal import DurableFiles
internal import Foundation
internal import GitTransport
internal import GitValues
package import Mirroring
package import Replication
internal import SystemPackage
package import WorkerPool

/// The strategy of bare git repositories, on a primary and on a secondary: what stands below one root.
///
/// A sync is one run of `Mirroring`, so it is exact, atomic and crash-safe as that is. Files of a repository are never copied
/// raw: a repository that borrows objects (`borrows`) would lose them. Everything that blocks runs on `workers`.
package struct RepositoryStrategy: Strategy {
  /// Where the repositories lie.
  package let place: RepositoryPlace
  let environment: MirrorEnvironment
  let limits: MirrorLimits
  /// How long copies keep what refs have dropped.
  let retention: Duration
  /// What copies are held to; `nil` on a primary.
  let rules: CopyRules?
  let workers: WorkerPool
  let walks: WorkerPool
  let progress: @Sendable (ReplicableID, MirrorProgress) -> Void

  /// - Parameters:
  ///   - retention: how long copies keep what refs have dropped.
  ///   - rules: what copies are held to; `nil` takes over what stands in a copy's place, and repairs nothing but its refs.
  ///   - workers: threads for all that blocks; as many syncs run at a time as it has.
  ///   - walks: threads for listings of the whole root, which take long; `nil` takes those of `workers`.
  ///   - progress: receives, on those threads and often, what a sync does.
  package init(
    place: RepositoryPlace, environment: MirrorEnvironment, limits: MirrorLimits = MirrorLimits(),
    retention: Duration = .seconds(30 * 86_400), rules: CopyRules? = nil, workers: WorkerPool, walks: WorkerPool? = nil,
    progress: @escaping @Sendable (ReplicableID, MirrorProgress) -> Void = { _, _ in }
  ) {
    self.place = place
    self.environment = environment
    self.limits = limits
    self.retention = retention
    self.rules = rules
    self.workers = workers
    self.walks = walks ?? workers
    self.progress = progress
  }

  package var dataType: DataType { .repository }

  /// Runs what blocks on a worker thread; cancelling the task raises the flag.
  func onWorker<Answer: Sendable>(
    _ operation: String, _ id: String, _ body: @escaping @Sendable (CancellationFlag) throws -> Answer
  ) async throws(StrategyError) -> Answer {
    do {
      return try await workers.run(body)
    } catch {
      throw StrategyError(error, operation, id)
    }
  }

  private var now: Timestamp { Timestamp(secondsSince1970: environment.now().timeIntervalSince1970) }

  // MARK: On both sites

  package func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    try await onWorker("read", id.text) { flag in
      if let rules { try requireSound(id, rules, flag) }
      return try place.listing(of: id)
    }
  }

  package func presence(of id: ReplicableID) async throws(StrategyError) -> Presence {
    try await onWorker("look at", id.text) { _ in try place.presence(of: id) }
  }

  /// Of more than this many tips these are enough: an object id cannot be guessed.
  static let maximumMarks = 64

  package func marks(of listing: ContentListing) -> [String] {
    var tips: Set<String> = []
    for index in 0..<listing.count {
      let value = listing.value(index)
      // HEAD is a name, unless it is detached.
      if ObjectID(hex: value) != nil { tips.insert(String(decoding: value, as: UTF8.self)) }
    }
    // In order of the ids, which says nothing about the refs: the same choice each time.
    return Array(tips.sorted().prefix(Self.maximumMarks))
  }

  package func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool {
    let tips = marks.compactMap { ObjectID($0) }
    guard tips.count == marks.count else { return false }
    return try await onWorker("read", id.text) { _ in
      try RepositoryReading.holds(tips, in: try place.directory(of: id))
    }
  }

  // MARK: On a primary

  package func catalog() async throws(StrategyError) -> DirectoryCatalog {
    do {
      return try await walks.run { flag in try RepositoryCatalog(place, flag).list() }
    } catch {
      throw StrategyError(error, "list", place.root.string)
    }
  }

  package func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool {
    try await onWorker("look at", id.text) { _ in
      let alternates = place.path(of: id).appending("objects").appending("info").appending("alternates")
      return try place.files.status(of: alternates).map { $0.size > 0 } ?? false
    }
  }

  // MARK: On a secondary

  package func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport {
    guard request.source.bearerToken == nil else {
      throw StrategyError(
        StrategyError.Code(rawValue: "unsupported_source"),
        "fetch '\(request.id)': a token for one source is not supported; name a file of tokens for the whole site")
    }
    return try await onWorker("sync", request.id.text) { flag in
      let source = try SourceURL(request.source.location)
      var mirror = MirrorRequest(
        source: source, destination: place.path(of: request.id), adopts: true, limits: limits)
      var isFresh = request.isFresh
      if let rules {
        mirror.wait = rules.wait
        mirror.staleLockAge = rules.staleLockAge
        isFresh = try prepare(request, rules, flag)
      }
      if !isFresh { try place.clear(request.id, at: now) }
      let outcome = place.parents.making {
        isFresh ? fetchAnew(mirror, request.id, request.incarnation, flag) : run(mirror, request.id, flag)
      }
      if let error = outcome.error { throw error }
      return SyncReport(
        checksum: try place.listing(of: request.id).checksum, hasChanged: outcome.status != .unchanged,
        bytes: UInt64(outcome.bytes), warnings: outcome.warnings.map { "\($0.code): \($0.message)" })
    }
  }

  private func run(_ mirror: MirrorRequest, _ id: ReplicableID, _ flag: CancellationFlag) -> MirrorOutcome {
    MirrorRun(mirror, environment: environment, cancellation: flag) { [progress] in progress(id, $0) }.execute()
  }

  /// The old copy goes to the trash; its history comes along.
  private func fetchAnew(
    _ mirror: MirrorRequest, _ id: ReplicableID, _ incarnation: Incarnation?, _ flag: CancellationFlag
  ) -> MirrorOutcome {
    let fresh = FreshCopy(mirror, environment: environment, cancellation: flag) { [progress] in
      progress(id, $0)
    } displace: { path in
      try place.putAway(path, of: id, incarnation: incarnation, reason: TrashTicket.displaced, at: now)
    }
    return fresh.execute()
  }

  package func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    try await onWorker("rename", id.text) { _ in try place.rename(id, to: newID, at: now) }
  }

  package func move(_ moves: [CopyMove]) async throws(StrategyError) {
    try await onWorker("rename \(moves.count) copies below", place.root.string) { _ in try place.move(moves, at: now) }
  }

  package func unfinishedMoves() async throws(StrategyError) -> [CopyMove] {
    try await onWorker("complete the renames below", place.root.string) { _ in try place.unfinishedMoves() }
  }

  package func finishMoves() async throws(StrategyError) {
    try await onWorker("complete the renames below", place.root.string) { _ in try place.finishMoves() }
  }

  package func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? {
    try await onWorker("discard", id.text) { _ in
      try place.discard(id, incarnation: entry?.incarnation, reason: "deleted", at: now)
    }
  }

  package func trash() async throws(StrategyError) -> [TrashTicket] {
    try await onWorker("list the trash of", place.root.string) { _ in try place.trash.tickets() }
  }

  package func restore(_ ticket: TrashTicket) async throws(StrategyError) {
    try await onWorker("restore", ticket.replicableID.text) { _ in try place.restore(ticket) }
  }

  package func emptyTrash(
    before moment: Timestamp, displacedBefore displacedMoment: Timestamp
  ) async throws(StrategyError) -> Int {
    try await onWorker("empty the trash of", place.root.string) { _ in
      try place.trash.empty(before: moment, displacedBefore: displacedMoment)
    }
  }
}

/// What an agent holds its copies to, beyond what a run by hand does: it repairs them itself, and takes over nothing
/// that it did not make.
package struct CopyRules: Sendable {
  /// Whether a repository that Remora did not create may be taken over as the copy of an id: one that this site served
  /// itself, when it was the primary.
  package var mayAdopt: @Sendable (ReplicableID) -> Bool
  /// Receives the repairs of a copy, a line each.
  package var repaired: @Sendable (ReplicableID, [String]) -> Void
  /// Older locks on refs of a copy are of dead programs.
  package var staleLockAge = Duration.seconds(900)
  /// How long to wait for another program that works on the copy.
  package var wait = Duration.seconds(10)

  /// Rules; without arguments they take over nothing.
  package init(
    mayAdopt: @escaping @Sendable (ReplicableID) -> Bool = { _ in false },
    repaired: @escaping @Sendable (ReplicableID, [String]) -> Void = { _, _ in }
  ) {
    self.mayAdopt = mayAdopt
    self.repaired = repaired
  }
}
