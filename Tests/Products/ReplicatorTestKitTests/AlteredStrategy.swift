import Replication
import Synchronization

/// A strategy with some of its steps replaced.
struct AlteredStrategy: Strategy {
  typealias Sync = @Sendable (SyncRequest) async throws(StrategyError) -> SyncReport
  typealias Listing = @Sendable (ReplicableID) async throws(StrategyError) -> ContentListing
  typealias Discard = @Sendable (ReplicableID) async throws(StrategyError) -> TrashTicket?

  let standard: any Strategy
  let alteredSync: Sync?
  let alteredListing: Listing?
  let alteredDiscard: Discard?

  init(_ standard: any Strategy, sync: Sync? = nil, listing: Listing? = nil, discard: Discard? = nil) {
    self.standard = standard
    alteredSync = sync
    alteredListing = listing
    alteredDiscard = discard
  }

  var dataType: DataType { standard.dataType }

  func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    if let alteredListing { return try await alteredListing(id) }
    return try await standard.listing(of: id)
  }

  func presence(of id: ReplicableID) async throws(StrategyError) -> Presence { try await standard.presence(of: id) }
  func catalog() async throws(StrategyError) -> DirectoryCatalog { try await standard.catalog() }
  func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool { try await standard.borrows(id) }

  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport {
    if let alteredSync { return try await alteredSync(request) }
    return try await standard.sync(request)
  }

  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    try await standard.rename(id, to: newID)
  }

  func move(_ moves: [CopyMove]) async throws(StrategyError) { try await standard.move(moves) }
  func unfinishedMoves() async throws(StrategyError) -> [CopyMove] { try await standard.unfinishedMoves() }
  func finishMoves() async throws(StrategyError) { try await standard.finishMoves() }
  func marks(of listing: ContentListing) -> [String] { standard.marks(of: listing) }

  func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool {
    try await standard.holds(marks, id)
  }

  func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? {
    if let alteredDiscard { return try await alteredDiscard(id) }
    return try await standard.discard(id, entry: entry, at: now)
  }

  func trash() async throws(StrategyError) -> [TrashTicket] { try await standard.trash() }
  func restore(_ ticket: TrashTicket) async throws(StrategyError) { try await standard.restore(ticket) }

  var needsUpkeep: Bool { standard.needsUpkeep }

  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    try await standard.housekeep(id, isThorough: isThorough)
  }

  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport { try await standard.check(id) }

  func emptyTrash(
    before moment: Timestamp, displacedBefore displacedMoment: Timestamp
  ) async throws(StrategyError) -> Int {
    try await standard.emptyTrash(before: moment, displacedBefore: displacedMoment)
  }
}

/// What a faulty strategy remembers of what it fetched.
final class ListingMemory: Sendable {
  private let listings = Mutex<[ReplicableID: ContentListing]>([:])

  func remember(_ listing: ContentListing, of id: ReplicableID) { listings.withLock { $0[id] = listing } }
  func listing(of id: ReplicableID) -> ContentListing? { listings.withLock { $0[id] } }
}
