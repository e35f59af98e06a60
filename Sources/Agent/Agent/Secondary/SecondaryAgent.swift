internal import AgentAPI
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
