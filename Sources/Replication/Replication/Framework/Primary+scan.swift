internal import Synchronization

extension Primary {
  /// Lists a kind's directory, and publishes what appeared and what vanished since the last listing. A caller that
  /// compares the rows' stamps finds what changed in between.
  ///
  /// The very first listing of a kind announces nothing: each secondary begins with the catalog.
  /// - Returns: the listing, of selected and available replicables only.
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

  /// The reason in events that a scan publishes.
  public static let scanReason = "scan"

  /// The result of one walk over a kind's directory.
  struct Listing {
    var snapshot: CatalogSnapshot
    var directory: DirectoryCatalog
    /// Seen for the first time under their ids: new, replaced and renamed ones.
    var appeared: [PrimaryState]
  }

  /// Lists the kind. The caller holds the kind's turn for listings.
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

  /// Compares the recorded states with a listing: records those that are not offered, and removes those that a complete
  /// listing lacked and that are still absent, after a deletion event.
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
        // It appeared while the listing ran.
        case .present: break
        }
      }
      try await recordOffers(of: seen, refused, broken, member)
      // The event first: a crash in between publishes it twice. A secondary asks the primary before it acts on it.
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

  /// How long the state of a removed replicable is kept: as long as secondaries keep its copies in the trash.
  private static var memory: Duration { .seconds(7 * 86_400) }
  static var window: Int { 1_000 }
}

/// One listing of a kind, from which pages are cut.
struct CatalogSnapshot: Sendable {
  let rows: [CatalogRow]
  let position: Cursor
  let isComplete: Bool
  /// The kind's feature is on.
  let isEnabled: Bool
  let leftOut: LeftOut
  /// When the listing began.
  let listedAt: Timestamp

  func page(after id: ReplicableID?, limit: Int) -> CatalogPage {
    var start = 0
    if let id {
      var end = rows.count
      while start < end {
        let middle = (start + end) / 2
        if rows[middle].id <= id { start = middle + 1 } else { end = middle }
      }
    }
    let end = min(rows.count, start + max(1, limit))
    var page = CatalogPage(
      rows: Array(rows[start..<end]), position: position, isComplete: isComplete, isLast: end == rows.count,
      isEnabled: isEnabled)
    page.leftOut = leftOut
    return page
  }
}
