internal import AgentAPI
internal import BoundedHTTP
internal import EventLog
internal import RegistryStore
internal import Replication
internal import Scheduling
internal import SiteAssembly

/// The operations of a primary: it publishes events, and answers its secondaries.
struct PrimaryAgent: SiteOperations {
  let site: PrimarySite
  let context: SiteContext
  /// For the agent that this primary has replaced, whose certificate may have another authority than those of other
  /// hosts.
  private let formerHTTP: BoundedHTTPClient?

  init(_ site: PrimarySite, _ context: SiteContext) {
    self.site = site
    self.context = context
    let connectTimeout = context.plan.transfers.connect
    formerHTTP = context.plan.former.map { former in
      BoundedHTTPClient(configuration: .init(connectTimeout: connectTimeout, caFile: former.caFile))
    }
  }

  var role: AgentRole { .primary }

  func siteRole(_ record: EpochRecord) -> SiteRole { plan.isPromoted ? .promoted : SiteRole(.primary, record) }

  // MARK: The loops

  func run(status: @escaping @Sendable () async throws -> StatusRow) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.site.run() }
      if let loop = self.formerPrimaryLoop { group.addTask { await loop.run() } }
    }
  }

  /// On a primary that has replaced another one.
  private var formerPrimaryLoop: FormerPrimaryLoop? {
    guard let epoch = plan.epoch, let former = plan.former, epoch.record.promotion != nil else { return nil }
    return FormerPrimaryLoop(
      site: plan.site, former: former.former(formerHTTP ?? context.state.http), epoch: epoch,
      observer: context.observer, takeRole: { self.takeRole(of: epoch) })
  }

  func close() async {
    await site.close()
    await formerHTTP?.shutdown()
  }

  func take(_ limits: SchedulerLimits) { site.checksums.take(width: limits.verifications) }

  // MARK: Notices and content

  func take(_ notice: EventNotice) async throws {
    try plan.epoch?.checkNotFenced("take an event in")
    try await site.intake.take(notice)
  }

  func content(of lookup: ContentLookup) async throws -> Agent.FoundContent {
    // A fenced primary has the content of before its replacement, which must not be served as current.
    try plan.epoch?.checkNotFenced("give out a \(lookup.content.rawValue)")
    let found = try lookup.selected(by: context)
    // Only listed replicables are served.
    guard try await site.primary.ruledOut(found.id, found.kind.name) == nil else { throw lookup.missing }
    if let incarnation = lookup.incarnation {
      try await site.primary.requireCurrent(found.id, incarnation, found.kind.name)
    }
    return try await lookup.find(found.id, found.kind, context.state)
  }

  func home(of name: String, id: String) -> String { "push to the Git host itself" }

  func set(_ feature: FeatureRow, of kind: Kind) async throws {
    try await context.state.features.set(feature.name, to: feature.isEnabled)
    site.scans.signal.raise()
  }

  // MARK: The secondaries

  /// Records a request of a secondary.
  func heard(from secondary: String) { site.secondaries.heard(from: secondary) }

  /// Stores a secondary's report; durable on return. Only values of this site's kinds are kept.
  ///
  /// - Throws: `AgentFault` 403 for a report of another site than the sender, 400 for invalid numbers and for a kind
  ///   that is named twice.
  func take(report: StatusRow, from name: String) async throws {
    guard report.site == name, report.role == .secondary, site.secondaries.names.contains(name) else {
      throw AgentFault(403, "forbidden", "take a report of '\(report.site.prefix(100))' from '\(name)'")
    }
    let known: StatusRow
    do {
      known = try report.report(from: name, of: plan.kinds)
    } catch {
      throw AgentFault(400, "invalid_request", "take the report of '\(name)': \(error)")
    }
    site.secondaries.heard(from: name)
    try await site.reports.take(known, from: name)
  }

  /// An older report is ignored (GitLab EE 13, `GeoNodeStatus::EXPIRATION_IN_MINUTES`).
  private static let expiration = Duration.seconds(600)

  /// Returns the secondaries, with their last reports.
  ///
  /// - Parameter lastEventID: the log's end.
  func secondaries(lastEventID: UInt64?) -> [SiteRow] {
    site.secondaries.names.map { secondary($0, lastEventID: lastEventID) }
  }

  private func secondary(_ name: String, lastEventID: UInt64?) -> SiteRow {
    var row = SiteRow(name: name, role: .known(.secondary))
    let taken = site.secondaries[name].cursor?.id ?? site.reports[name]?.status.lastEventId
    if let taken, let lastEventID { row.eventsBehind = lastEventID > taken ? lastEventID.clampedDifference(taken) : 0 }
    guard let report = site.reports[name] else {
      row.problems = ["'\(name)' has never reported its status: see whether its agent runs there"]
      return row
    }
    row.status = report.status
    row.reportedAt = report.receivedAt
    row.problems = report.status.problems
    if Timestamp(report.receivedAt).map({ environment.now() - $0 > Self.expiration }) ?? true {
      row.problems.insert(
        "'\(name)' has not reported its status since \(report.receivedAt): see whether its agent runs there", at: 0)
    }
    row.health = .known(row.problems.isEmpty ? .healthy : .unhealthy)
    return row
  }

  /// Returns when lines of the log were written, as seconds since 1970, by their ids.
  func times(ofEvents ids: Set<UInt64>) async -> [UInt64: Int64] {
    var times: [UInt64: Int64] = [:]
    for id in ids { times[id] = await site.log.moment(ofLine: id).map { $0.milliseconds / 1_000 } }
    return times
  }
}

/// A primary's states of its replicables, in place of a registry.
extension PrimaryAgent {
  func registryEntry(of id: ReplicableID, _ name: ReplicableName) async throws -> RegistryPage {
    guard let state = try await site.primary.states(of: name).state(of: id), state.goneAt == nil else {
      throw AgentFault.notTracked(id, name)
    }
    return RegistryPage(states: [PrimaryStateRow(state, of: name)], next: nil)
  }

  func walk(_ walk: RegistryWalk, _ filter: StateFilter, of name: ReplicableName) async throws -> RegistryPage {
    let states = try site.primary.states(of: name)
    // A primary has no syncs: either name selects the checksums' state.
    let (named, other) = try (
      filter.verificationState.map(StateFilter.verificationState), filter.state.map(StateFilter.verificationState)
    )
    guard named == nil || other == nil || named == other else { return RegistryPage(states: [], next: nil) }
    let standing = named ?? other
    var few: [PrimaryState]?
    if let standing { few = try await states.all(in: standing, most: RegistryWalk.few) }
    let (rows, next) = try await walk.rows(few, by: \.replicableID) {
      try await states.window(after: $0, limit: $1)
    } where: { row in
      row.goneAt == nil && standing.map { $0 == row.verificationState } ?? true
    }
    return RegistryPage(states: rows.map { PrimaryStateRow($0, of: name) }, next: next?.text)
  }

  func list(_ listing: RegistryListing, of name: ReplicableName) async throws -> RegistryPage {
    _ = try listing.ordering()
    guard listing.sort == "id_asc", listing.before == nil else {
      throw AgentFault(
        409, "wrong_role", "sort the states of '\(name)', or go back in them: a primary lists by id, and forward",
        hint: "ask without 'sort' and 'before'")
    }
    return try await walk(
      RegistryWalk(after: listing.after, limit: listing.limit, prefix: listing.prefix),
      StateFilter(state: listing.state, verificationState: listing.verificationState), of: name)
  }

  func checksObjects(of name: ReplicableName) -> Bool { true }

  func act(_ order: RegistryOrder, on id: ReplicableID, _ name: ReplicableName) async throws -> Bool {
    guard order == .reverify else { throw AgentFault.onlyOnSecondary("\(order.rawValue) '\(id)'") }
    guard let known = try await site.primary.states(of: name).state(of: id), known.goneAt == nil else { return false }
    try await site.primary.reverify([id], name)
    site.intake.signal.raise()
    return true
  }

  /// Its readings start with `act`.
  func startActions() {}
}
