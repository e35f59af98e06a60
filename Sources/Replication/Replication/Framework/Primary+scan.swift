internal import Synchronization

extension Primary {
  /// Lists a kind's directory, and tells the secondaries what appeared and what vanished since the last time; what changed in
  /// between, whoever compares the rows' stamps finds out.
  ///
  /// The very first listing of a kind announces nothing: each secondary begins with the catalog.
  /// - Returns: the listing, of what is selected and available only.
  public func scan(_ name: ReplicableName) async throws -> DirectoryCatalog {
    let member = try table.member(name)
    let wasKnown = try await !member.states.window(after: nil, limit: 1).isEmpty
    let listing = try await member.turns.run { try await list(member) }
    guard wasKnown else { return listing.directory }
    try await append(
      .created,
      listing.appeared.map {
        EventPayload(modelRecordID: $0.replicableID, incarnation: $0.incarnation, reason: Self.scanReason)
      }, member.kind)
    return listing.directory
  }

  /// The reason of events that nobody but the scan asked for.
  public static let scanReason = "scan"

  /// What one walk over a kind's directory came to.
  struct Listing {
    var snapshot: CatalogSnapshot
    var directory: DirectoryCatalog
    /// Seen for the first time under their ids: new ones, other ones in the place of what was there, and renamed ones.
    var appeared: [PrimaryState]
  }

  /// The caller has the turn of the kind's listings.
  func list(_ member: Member) async throws -> Listing {
    let position = try await log.position()
    let now = environment.now()
    var directory = try await member.strategy.catalog()
    let everything = directory.rows
    let (offered, refused) = try await offers(among: everything.map(\.id), member)
    directory.rows.removeAll { !offered.contains($0.id) }
    let identified = try await identify(directory, among: everything, member)
    if identified.undecided > 0 { directory.isComplete = false }
    var rows: [CatalogRow] = []
    rows.reserveCapacity(directory.rows.count)
    for row in directory.rows {
      guard let state = try await member.states.state(of: row.id) else { continue }
      rows.append(
        CatalogRow(
          id: row.id, incarnation: state.incarnation, generation: state.generation, reading: state.currentReading,
          announcedAt: state.announcedAt))
    }
    try await review(Set(everything.map(\.id)), refused, directory, member)
    let snapshot = CatalogSnapshot(
      rows: rows, position: position, isComplete: directory.isComplete, isEnabled: try await isEnabled(member.kind),
      leftOut: LeftOut(of: directory.skipped), listedAt: now)
    catalogs.withLock { $0[member.kind.name] = snapshot }
    return Listing(snapshot: snapshot, directory: directory, appeared: identified.appeared)
  }

  /// Compares what is known with a listing: records what is not offered, and forgets what a complete listing lacked and is not there
  /// now either, after an event that says so.
  private func review(
    _ listed: Set<ReplicableID>, _ refused: [ReplicableID: NotOffered], _ directory: DirectoryCatalog, _ member: Member
  ) async throws {
    let reasons = Dictionary(
      directory.skipped.map { ($0.path, $0.reason) }, uniquingKeysWith: { first, _ in first })
    let now = environment.now()
    var last: ReplicableID?
    while true {
      let window = try await member.states.window(after: last, limit: Self.window)
      var (gone, forgotten) = ([PrimaryState](), [ReplicableID]())
      var broken: [ReplicableID: String] = [:]
      var seen = window.filter { listed.contains($0.replicableID) }
      for state in window where directory.isComplete && !listed.contains(state.replicableID) {
        let id = state.replicableID
        switch try await member.strategy.presence(of: id) {
        case .absent:
          guard let goneAt = state.goneAt else {
            gone.append(state)
            continue
          }
          if now - goneAt > Self.memory { forgotten.append(id) }
        case .unfinished:
          broken[id] = reasons["\(id).git"] ?? reasons[id.text] ?? "something else stands in its place"
          seen.append(state)
        // It came while the listing ran.
        case .present: break
        }
      }
      try await recordOffers(of: seen, refused, broken, member)
      // The event first: a crash in between tells it twice. Who hears it asks before it believes it.
      try await append(
        .deleted,
        gone.map {
          EventPayload(modelRecordID: $0.replicableID, incarnation: $0.incarnation, reason: Self.scanReason)
        }, member.kind)
      let kept = Set(gone.filter { member.tellsByIdentity && $0.isRecognizable }.map(\.replicableID))
      try await member.states.changeAll(gone.map(\.replicableID) + forgotten) { id, state in
        if kept.contains(id) { state?.depart(at: now) } else { state = nil }
      }
      guard window.count == Self.window, let end = window.last?.replicableID else { return }
      last = end
    }
  }

  /// How long what is gone is kept in mind: as long as copies of it lie in the trash of secondaries.
  private static var memory: Duration { .seconds(7 * 86_400) }
  static var window: Int { 1_000 }
}
