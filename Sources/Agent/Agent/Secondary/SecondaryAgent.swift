internal import AgentAPI
internal import RegistryStore
internal import Replication
internal import RepositoryReplication
internal import Scheduling
internal import SiteAssembly
internal import SystemPackage
internal import WorkerPool

/// The operations of a secondary: it has copies, a registry of them, and their trash.
struct SecondaryAgent: SiteOperations {
  let site: SecondarySite
  let context: SiteContext

  init(_ site: SecondarySite, _ context: SiteContext) {
    self.site = site
    self.context = context
  }

  var role: AgentRole { isPromoted ? .primary : .secondary }

  private var isPromoted: Bool {
    guard let epoch = plan.epoch, let former = site.former?.url else { return false }
    return epoch.wantsRestart && epoch.record.promotion?.formerURL == former
  }

  func siteRole(_ record: EpochRecord) -> SiteRole { site.primaryURL == nil ? .listed : .secondary }

  // MARK: The loops

  func run(status: @escaping @Sendable () async throws -> StatusRow) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.site.run() }
      // A secondary without a primary has no site to report to.
      guard let client = self.site.client else { return }
      let reports = ReportLoop(client: client, observer: self.context.observer, status: status)
      group.addTask { await reports.run() }
    }
  }

  func close() async { await site.close() }

  func take(_ limits: SchedulerLimits) async { await site.scheduler.take(.limits(limits)) }

  // MARK: Notices and content

  func take(_ notice: EventNotice) async throws {
    if let listed = site.listed { return try await listed.intake.take(notice) }
    try plan.epoch?.checkNotFenced("take an event in")
    throw AgentFault.onlyOnPrimary("take an event in")
  }

  func content(of lookup: ContentLookup) async throws -> Agent.FoundContent {
    let found = try lookup.selected(by: context)
    guard lookup.incarnation == nil else { throw AgentFault.onlyOnPrimary("serve an incarnation") }
    return try await lookup.find(found.id, found.kind, context.state)
  }

  func home(of name: String, id: String) -> String {
    let here = "this is '\(plan.site)', a copy; push to"
    guard let kind = plan.kinds.first(where: { $0.name.text == name }), let id = try? ReplicableID(id) else {
      return "\(here) the Git host"
    }
    if let location = site.listed?.location(of: id, kind.name) ?? kind.address?.url(of: id) {
      return "\(here) \(SourceURLText.redacted(location) ?? "the Git host")"
    }
    return "\(here) the Git host of the primary, whose agent is at \(site.primaryURL ?? "")"
  }

  func set(_ feature: FeatureRow, of kind: Kind) async throws {
    try await site.secondary.setEnabled(feature.isEnabled, kind.name)
    await site.scheduler.wake()
  }

  /// Returns the ref changes of a copy, the newest first.
  ///
  /// - Throws: `AgentFault` 404 for an id that is not tracked, 409 for a kind without refs, or without a copy yet.
  func history(of name: String, id: String, limit: Int) async throws -> HistoryPage {
    guard try kind(name).dataType == .repository else {
      throw AgentFault(409, "no_refs", "tell the history of '\(id.prefix(200))': a file has no refs")
    }
    let path = try await content(of: ContentLookup(name: name, id: id, content: .repository)).location
    return try await context.state.storage.run { _ in
      guard let history = try RefHistory(of: path, limit: limit) else {
        throw AgentFault(
          409, "no_copy", "tell the history of '\(id.prefix(200))': there is no copy of it yet",
          hint: "'\(OperatorCommand.explain(name, id))' says why")
      }
      return HistoryPage(
        changes: history.changes.map { HistoryRow(at: $0.at, ref: $0.ref, old: $0.old, new: $0.new) },
        damagedLines: history.damagedLines, hasMore: history.hasMore, path: path.string)
    }
  }
}

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
    site.consistency.requestPass()
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
