internal import AdminPage
internal import Agent
internal import GitServing
internal import Hummingbird
internal import MetricsExposition
internal import WorkerPool

/// What is answered at each door.
struct AgentRouters: Sendable {
  let network: RouterResponder<AgentContext>
  let admin: RouterResponder<AgentContext>
  let events: RouterResponder<AgentContext>

  /// What answers need beside the agent itself.
  struct Means {
    let doors: AgentDoors
    let chronicle: Chronicle
    let metrics: MetricsRegistry
    let git: GitService
    let workers: WorkerPool
    let sessions: Sessions
    let page: AdminPage
    let readers: QuietThread
    let audit: AuditLog
    let rates = PeerRates()
  }

  /// - Throws: what describing the routes throws.
  init(_ agent: Agent, _ means: Means) throws {
    network = try Self.full(.network(means.doors.access), agent, means)
    admin = try Self.full(.adminSocket, agent, means)
    let events = Self.router(.eventSocket, means)
    events.addEventRoute(agent)
    self.events = events.buildResponder()
  }

  private static func full(
    _ door: AccessMiddleware.Door, _ agent: Agent, _ means: Means
  ) throws -> RouterResponder<AgentContext> {
    let router = router(door, means)
    router.addHealthRoutes(agent)
    router.addSiteRoutes(agent)
    router.addFenceRoutes(agent)
    router.addEventRoute(agent)
    router.addWebhookRoutes(agent, means.doors.webhooks)
    router.addContentRoutes(agent, means.doors, means.git, workers: means.workers)
    // Of the routes that follow, and of those alone.
    router.add(middleware: ReadersMiddleware(means.readers))
    try router.addDocumentRoute()
    router.addMetricsRoute(means.metrics)
    router.addStandingRoutes(agent)
    router.addPeopleRoutes(agent)
    router.addStreamRoute(agent)
    router.addGraphQLRoutes(agent)
    if case .network(let access) = door {
      PageRoutes(
        agent: agent, page: means.page, sessions: means.sessions, access: access, rates: means.rates,
        isSecure: means.doors.tls != nil
      ).add(to: router)
    }
    return router.buildResponder()
  }

  private static func router(_ door: AccessMiddleware.Door, _ means: Means) -> Router<AgentContext> {
    let router = Router(context: AgentContext.self)
    router.add(middleware: FaultMiddleware(means.chronicle))
    router.add(middleware: RefusalMiddleware(audit: means.audit))
    let sessions: Sessions? = if case .network = door { means.sessions } else { nil }
    router.add(
      middleware: AccessMiddleware(door, bodyBytes: means.doors.bodyBytes, rates: means.rates, sessions: sessions))
    router.add(middleware: AuditMiddleware(door: door, audit: means.audit, sessions: sessions))
    return router
  }
}
