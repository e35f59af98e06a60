internal import AgentAPI
internal import RegistryStore
internal import Replication
internal import SiteAssembly

/// A secondary's registry and trash.
extension SecondaryAgent {
  func registryEntry(of id: ReplicableID, _ name: ReplicableName) async throws -> RegistryPage {
    guard let entry = try await site.secondary.registry(of: name).entry(of: id) else {
      throw AgentFault.notTracked(id, name)
    }
    return RegistryPage(entries: [RegistryRow(entry, of: name)], next: nil)
  }

  func walk(_ walk: RegistryWalk, _ filter: StateFilter, of name: ReplicableName) async throws -> RegistryPage {
    let registry = try site.secondary.registry(of: name)
    var query = RegistryQuery(limit: RegistryWalk.few)
    query.state = try filter.state.map(StateFilter.syncState)
    query.verificationState = try filter.verificationState.map(StateFilter.verificationState)
    var few: [RegistryEntry]?
    if query.state != nil || query.verificationState != nil, try await registry.count(query) <= RegistryWalk.few {
      few = try await registry.part(query).entries
    }
    let (rows, next) = try await walk.rows(few, by: \.replicableID) {
      try await registry.window(after: $0, limit: $1)
    } where: { [query] row in
      query.fits(row)
    }
    return RegistryPage(entries: rows.map { RegistryRow($0, of: name) }, next: next?.text)
  }

  func list(_ listing: RegistryListing, of name: ReplicableName) async throws -> RegistryPage {
    let registry = try site.secondary.registry(of: name)
    let query = try listing.query()
    let part = try await registry.part(query)
    var page = RegistryPage(entries: part.entries.map { RegistryRow($0, of: name) }, next: nil)
    page.count = try await registry.count(query)
    let (first, last) = (part.entries.first, part.entries.last)
    if let last, !query.isBackwards ? part.hasMore : listing.before != nil {
      page.next = RegistryListing.cursor(query.position(of: last))
    }
    if let first, query.isBackwards ? part.hasMore : listing.after != nil {
      page.previous = RegistryListing.cursor(query.position(of: first))
    }
    return page
  }

  /// The entry with a number; `nil` where there is none.
  func entry(number: UInt64, of name: String) async throws -> RegistryRow? {
    let kind = try kind(name).name
    var query = RegistryQuery(limit: 2)
    // The position of the preceding number may be repeated.
    guard number > 0, let order = Int64(exactly: number) else { return nil }
    query.position = RegistryQuery.Position(order: order - 1, id: try ReplicableID("~"))
    let entries = try await site.secondary.registry(of: kind).part(query).entries
    return entries.first { $0.id == number }.map { RegistryRow($0, of: kind) }
  }

  // MARK: Actions

  func checksObjects(of name: ReplicableName) throws -> Bool { try site.secondary.strategy(of: name).needsUpkeep }

  func act(_ order: RegistryOrder, on id: ReplicableID, _ name: ReplicableName) async throws -> Bool {
    guard try await site.secondary.registry(of: name).entry(of: id) != nil else { return false }
    switch order {
    case .reverify: try await site.secondary.reverify(id, name)
    case .recheck:
      try await site.secondary.recheck(id, name)
      await site.scheduler.requestCheck(id, name)
    case .resync, .redownload:
      try await site.secondary.resync(id, name, isFresh: order == .redownload)
      await site.scheduler.request([.init(name: name, id: id)])
    }
    return true
  }

  func startActions() async { await site.scheduler.wake() }

  // MARK: The trash

  /// Returns the trash of a kind.
  func trash(of name: String) async throws -> TrashPage {
    TrashPage(tickets: try await site.secondary.trash(try kind(name).name).map(TrashRow.init))
  }

  /// Restores one copy, or removes the copies in the trash that are older than requested.
  func act(_ action: TrashAction, onTrashOf name: String) async throws -> ActionAnswer {
    let kind = try kind(name).name
    switch action.action.known {
    case .restore:
      guard let ticket = try await site.secondary.trash(kind).first(where: { $0.name == action.name }) else {
        throw AgentFault(
          404, "missing",
          "restore '\(action.name?.prefix(200) ?? "")': the trash of '\(kind)' has nothing of that name",
          hint: OperatorCommand.trash(kind.text))
      }
      try await site.secondary.restore(ticket, kind)
      await site.scheduler.request([.init(name: kind, id: ticket.replicableID)])
      return ActionAnswer(count: 1)
    case .empty:
      let age = Duration.seconds(Int64(clamping: action.olderThanSeconds ?? 0))
      let count = try await site.secondary.strategy(of: kind).emptyTrash(before: environment.now() - age)
      return ActionAnswer(count: count)
    case nil:
      throw AgentFault(
        400, "invalid_request", "do '\(action.action.text.prefix(40))': it is none of \(TrashOrder.list)")
    }
  }

  /// Confirms the waiting removals, and runs a pass that makes them at once.
  func confirmRemovals(of name: String) async throws -> ActionAnswer {
    let kind = try kind(name).name
    let confirmed = try await site.secondary.confirmRemovals(kind)
    site.consistency.hurry()
    return ActionAnswer(count: confirmed.count)
  }
}

extension TrashRow {
  init(_ ticket: TrashTicket) {
    self.init(
      name: ticket.name, id: ticket.replicableID.text, incarnation: ticket.incarnation.map { "\($0)" },
      discardedAt: "\(ticket.discardedAt)", reason: ticket.reason)
  }
}
