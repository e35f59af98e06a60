internal import AgentAPI
internal import BoundedHTTP
package import Replication
internal import Scheduling
internal import SiteAssembly
internal import Synchronization
internal import WorkerPool

/// A running site: its state is open, and its loops can run. Routes and commands call its methods.
package final class Agent: Sendable {
  /// The site's role, with its state.
  enum Site: Sendable {
    case primary(PrimarySite)
    case secondary(SecondarySite)

    /// The primary that a promotion replaces.
    fileprivate var former: FormerPrimary? {
      if case .secondary(let site) = self { site.former } else { nil }
    }
  }

  /// The plan that it was opened with.
  package let plan: AgentPlan
  /// When it was opened.
  package let startedAt: Timestamp
  let site: Site
  let state: SiteResources
  let environment: SiteEnvironment

  let transitions: TransitionLog
  let trend: TrendLog
  /// Concurrent requests share one answer.
  let statuses = SharedAnswer<StatusRow>()
  /// The last answer of `/readyz`, and its time.
  let readiness = Mutex<(at: ContinuousClock.Instant, obstacles: Int)?>(nil)
  private let counter: TrendCounter
  private let observer: any ReplicationObserver
  /// For the agent that this primary has replaced, whose certificate may have another authority than those of other
  /// hosts.
  private let formerHTTP: BoundedHTTPClient?

  private init(
    _ plan: AgentPlan, _ state: SiteResources, _ site: Site, _ transitions: TransitionLog, _ trend: TrendLog,
    _ counter: TrendCounter, _ observer: any ReplicationObserver
  ) {
    self.counter = counter
    self.observer = observer
    formerHTTP = plan.former.map { former in
      BoundedHTTPClient(configuration: .init(connectTimeout: plan.transfers.connect, caFile: former.caFile))
    }
    self.transitions = transitions
    self.trend = trend
    self.plan = plan
    self.state = state
    self.site = site
    environment = state.environment
    startedAt = state.environment.now()
  }

  /// Opens the site's state for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - chronicle: the agent's log.
  ///   - environment: the clock and the random source.
  /// - Throws: errors of opening the state (another process owns it, a file is damaged, a root is missing), and the
  ///   errors of `body`. The next opening recovers from a crash at any line.
  package static func withOpen<Answer: Sendable>(
    _ plan: AgentPlan, chronicle: Chronicle, environment: SiteEnvironment,
    _ body: (Agent) async throws -> Answer
  ) async throws -> Answer {
    try await SiteResources.with(plan.sitePlan(environment: environment)) { state in
      let counter = TrendCounter()
      let observer = AgentObserver(chronicle: chronicle, trend: counter)
      let transitions = try await TransitionLog(
        state: plan.state, storage: state.storage, mostListeners: plan.streams, now: environment.now)
      let trend = try await TrendLog(state: plan.state, storage: state.storage)
      let site: Site =
        switch plan.role {
        case .primary(let secondaries):
          .primary(
            try await PrimarySite(
              plan, state, secondaries: secondaries, transitions: transitions, counter: counter, observer: observer))
        case .secondary(let primary):
          .secondary(
            try await SecondarySite(
              plan, state, of: primary, transitions: transitions, counter: counter, observer: observer))
        }
      let agent = Agent(plan, state, site, transitions, trend, counter, observer)
      do {
        let answer = try await body(agent)
        await agent.close()
        return answer
      } catch {
        await agent.close()
        throw error
      }
    }
  }

  private func close() async {
    switch site {
    case .primary(let site): await site.close()
    case .secondary(let site): await site.close()
    }
    await formerHTTP?.shutdown()
  }

  /// Runs the site's loops until the task is cancelled; running jobs then end in a consistent state.
  package func run() async {
    await withDiscardingTaskGroup { group in
      switch site {
      case .primary(let site): group.addTask { await site.run() }
      case .secondary(let site): group.addTask { await site.run() }
      }
      if let loop = formerPrimaryLoop { group.addTask { await loop.run() } }
      group.addTask { await self.notifications.run() }
      if let reports { group.addTask { await reports.run() } }
      group.addTask { await self.transitions.run(self.observer) }
      group.addTask { await self.trendLoop.run() }
    }
  }

  /// On a primary that has replaced another one.
  private var formerPrimaryLoop: FormerPrimaryLoop? {
    guard case .primary = site, let epoch = plan.epoch, let former = plan.former, epoch.record.promotion != nil else {
      return nil
    }
    return FormerPrimaryLoop(
      site: plan.site, former: former.former(formerHTTP ?? state.http), epoch: epoch, observer: observer,
      takeRole: { [weak self] in self?.takeRole(of: epoch) })
  }

  private var notifications: NotificationLoop {
    NotificationLoop(
      settings: plan.notifications, state: plan.state, http: state.http, storage: state.storage,
      environment: environment, observer: observer
    ) { try await self.status() }
  }

  private var trendLoop: TrendLoop {
    TrendLoop(log: trend, counter: counter, observer: observer, environment: environment) {
      try await self.status()
    }
  }

  /// On a secondary of a primary.
  private var reports: ReportLoop? {
    guard case .secondary(let site) = site, let client = site.client else { return nil }
    return ReportLoop(client: client, observer: observer) { try await self.status() }
  }

  /// Sets the limits of running jobs; jobs beyond the new limits run to their end.
  package func take(_ limits: AgentConfiguration.Limits) async {
    switch site {
    case .primary(let site): site.checksums.take(width: SchedulerLimits(limits).verifications)
    case .secondary(let site): await site.scheduler.take(.limits(SchedulerLimits(limits)))
    }
  }

  /// Sets which sites may replace this primary.
  package func take(promotionRights names: Set<String>) { plan.promotionRights.replace(names) }

  /// The present time at this site.
  package var now: Timestamp { environment.now() }

  /// `primary` or `secondary`. A secondary that was promoted is the primary from then on, also while it opens its state
  /// again.
  package var role: String {
    switch site {
    case .primary: "primary"
    case .secondary: isPromoted ? "primary" : "secondary"
    }
  }

  private var isPromoted: Bool {
    guard let epoch = plan.epoch, let former = site.former?.url else { return false }
    return epoch.wantsRestart && epoch.record.promotion?.formerURL == former
  }

  /// - Throws: `AgentFault` 409 where the site is a secondary.
  func primarySite(for operation: String) throws(AgentFault) -> PrimarySite {
    guard case .primary(let site) = site else {
      throw AgentFault(409, "wrong_role", "\(operation): this site is a secondary", hint: "ask its primary")
    }
    return site
  }

  /// - Throws: `AgentFault` 409 where the site is a primary.
  func secondarySite(for operation: String) throws(AgentFault) -> SecondarySite {
    guard case .secondary(let site) = site else {
      throw AgentFault(409, "wrong_role", "\(operation): this site is a primary", hint: "ask a secondary")
    }
    return site
  }

  /// - Throws: `AgentFault` 404 for a kind that this site does not replicate, 400 for an invalid name.
  func kind(_ name: String) throws -> KindPlan {
    guard let kind = plan.kinds.first(where: { $0.name.text == name }) else {
      throw ReplicationError.unknownReplicable(name)
    }
    return kind
  }
}
