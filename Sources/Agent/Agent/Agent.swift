package import AgentAPI
package import Replication
internal import Scheduling
internal import SiteAssembly
internal import Synchronization
internal import WorkerPool

/// A running site: its state is open, and its loops can run. Routes and commands call its methods.
///
/// A `PrimaryAgent` or a `SecondaryAgent` carries out what depends on the site's role. `Agent+operations` has the
/// operations that it passes on; `Report` and `Sites` have what both roles do alike.
package final class Agent: Sendable {
  /// The agent of the site's role.
  enum Site: Sendable {
    case primary(PrimaryAgent)
    case secondary(SecondaryAgent)
  }

  private let site: Site
  let context: SiteContext
  let transitions: TransitionLog
  let trend: TrendLog
  /// Concurrent requests share one answer.
  let statuses = SharedAnswer<StatusRow>()
  /// The last answer of `/readyz`, and its time.
  let readiness = Mutex<(at: ContinuousClock.Instant, obstacles: Int)?>(nil)
  private let counter: TrendCounter

  private init(
    _ context: SiteContext, _ site: Site, _ transitions: TransitionLog, _ trend: TrendLog, _ counter: TrendCounter
  ) {
    self.context = context
    self.site = site
    self.transitions = transitions
    self.trend = trend
    self.counter = counter
  }

  /// Opens the site's state for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - agentLog: the agent's log.
  ///   - environment: the clock and the random source.
  /// - Throws: errors of opening the state (another process owns it, a file is damaged, a root is missing), and the
  ///   errors of `body`. The next opening recovers from a crash at any line.
  package static func withOpen<Answer: Sendable>(
    _ plan: AgentPlan, agentLog: AgentLog, environment: SiteEnvironment,
    _ body: (Agent) async throws -> Answer
  ) async throws -> Answer {
    try await SiteResources.with(plan.sitePlan(environment: environment)) { state in
      let counter = TrendCounter()
      let observer = AgentObserver(agentLog: agentLog, trend: counter)
      let transitions = try await TransitionLog(
        state: plan.state, storage: state.storage, mostListeners: plan.streams, now: environment.now)
      let trend = try await TrendLog(state: plan.state, storage: state.storage)
      let site: Site
      let context: SiteContext
      switch plan.role {
      case .primary(let secondaries):
        let opened = try await PrimarySite(
          plan, state, secondaries: secondaries, transitions: transitions, counter: counter, observer: observer)
        context = SiteContext(plan, state, observer)
        site = .primary(PrimaryAgent(opened, context))
      case .secondary(let primary):
        let opened = try await SecondarySite(
          plan, state, of: primary, transitions: transitions, counter: counter, observer: observer)
        context = SiteContext(plan, state, observer)
        site = .secondary(SecondaryAgent(opened, context))
      }
      let agent = Agent(context, site, transitions, trend, counter)
      do {
        let answer = try await body(agent)
        await agent.operations.close()
        return answer
      } catch {
        await agent.operations.close()
        throw error
      }
    }
  }

  /// Runs the site's loops until the task is cancelled; running jobs then end in a consistent state.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.operations.run { try await self.status() } }
      group.addTask { await self.notifications.run() }
      group.addTask { await self.transitions.run(self.context.observer) }
      group.addTask { await self.trendLoop.run() }
    }
  }

  private var notifications: NotificationLoop {
    NotificationLoop(
      settings: plan.notifications, state: plan.state, http: context.state.http, storage: context.state.storage,
      environment: context.environment, observer: context.observer
    ) { try await self.status() }
  }

  private var trendLoop: TrendLoop {
    TrendLoop(log: trend, counter: counter, observer: context.observer, environment: context.environment) {
      try await self.status()
    }
  }

  // MARK: The role

  /// The operations of the site's role.
  var operations: any SiteOperations {
    switch site {
    case .primary(let agent): agent
    case .secondary(let agent): agent
    }
  }

  /// The agent of a primary; `nil` on a secondary.
  var primary: PrimaryAgent? {
    if case .primary(let agent) = site { agent } else { nil }
  }

  /// The agent of a secondary; `nil` on a primary.
  var secondary: SecondaryAgent? {
    if case .secondary(let agent) = site { agent } else { nil }
  }

  /// - Throws: `AgentFault` 409 where the site is a secondary.
  func primary(for operation: String) throws(AgentFault) -> PrimaryAgent {
    guard let primary else { throw .onlyOnPrimary(operation) }
    return primary
  }

  /// - Throws: `AgentFault` 409 where the site is a secondary, and where another site has replaced it, so that its
  ///   content is stale.
  func unfencedPrimary(for operation: String) throws(AgentFault) -> PrimaryAgent {
    let primary = try primary(for: operation)
    try plan.epoch?.checkNotFenced(operation)
    return primary
  }

  /// - Throws: `AgentFault` 409 where the site is a primary.
  func secondary(for operation: String) throws(AgentFault) -> SecondaryAgent {
    guard let secondary else { throw .onlyOnSecondary(operation) }
    return secondary
  }

  // MARK: The site

  /// The plan that it was opened with.
  package var plan: AgentPlan { context.plan }
  /// When it was opened.
  package var startedAt: Timestamp { context.startedAt }
  /// The present time at this site.
  package var now: Timestamp { context.environment.now() }
  /// The role. A secondary that was promoted is the primary from then on, also while it opens its state
  /// again.
  package var role: AgentRole { operations.role }

  /// Sets the limits of running jobs; jobs beyond the new limits run to their end.
  package func take(_ limits: AgentConfiguration.Limits) async { await operations.take(SchedulerLimits(limits)) }

  /// Sets which sites may replace this primary.
  package func take(promotionRights names: Set<String>) { plan.promotionRights.replace(names) }
}
