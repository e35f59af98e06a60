internal import AdminPage
internal import Agent
internal import AgentAPI
internal import GitServing
internal import Hummingbird
internal import MetricsExposition
internal import WorkerPool

/// The router of each listener.
struct AgentRouters: Sendable {
  let network: RouterResponder<AgentContext>
  let admin: RouterResponder<AgentContext>
  let events: RouterResponder<AgentContext>

  /// The dependencies of routes in addition to the agent.
  struct Means {
    let doors: AgentListeners
    let agentLog: AgentLog
    let metrics: MetricsRegistry
    let git: GitService
    let workers: WorkerPool
    let sessions: Sessions
    let page: AdminPage
    let readers: LowPriorityExecutor
    let shares: AccessMiddleware.Shares
    let audit: AuditLog

    /// Returns the shares of the listeners' settings.
    static func shares(_ doors: AgentListeners) -> AccessMiddleware.Shares {
      var rates = PeerRates.Limits()
      rates.requestsPerSecond = doors.requestsPerSecond
      rates.wrongTokensPerMinute = doors.wrongTokensPerMinute
      rates.refusalsPerMinute = doors.refusalsPerMinute
      return AccessMiddleware.Shares(
        rates: PeerRates(rates),
        memory: BodyBudget(
          most: doors.requestMemory, largest: max(doors.bodyBytes, BodyLimit.webhooks),
          setting: "limits.request_memory"),
        spool: BodyBudget(most: doors.requestSpool, largest: BodyLimit.git, setting: "limits.request_spool"))
    }
  }

  /// - Throws: errors of describing the routes, and `RouteTable.Mismatch`.
  init(_ agent: Agent, _ means: Means) throws {
    network = try Self.full(.network(means.doors.access), agent, means)
    admin = try Self.full(.adminSocket, agent, means)
    let events = Self.router(.eventSocket, means)
    events.addEventRoute(agent)
    try RouteTable.check(events, has: AgentOperation.all.filter { $0.method == .post && $0.path == .events })
    self.events = events.buildResponder()
  }

  private static func full(
    _ door: AccessMiddleware.Door, _ agent: Agent, _ means: Means
  ) throws -> RouterResponder<AgentContext> {
    let router = router(door, means)
    router.addHealthRoutes(agent)
    router.addSiteRoutes(agent, means.doors)
    router.addFenceRoutes(agent)
    router.addEventRoute(agent)
    router.addWebhookRoutes(agent, means.doors.webhooks)
    router.addContentRoutes(agent, means.doors, means.git, workers: means.workers, spool: means.shares.spool)
    // It applies only to the routes that follow.
    router.add(middleware: ReadersMiddleware(means.readers))
    try router.addDocumentRoute()
    router.addMetricsRoute(means.metrics)
    router.addStandingRoutes(agent)
    router.addReaderRoutes(agent, means.doors)
    router.addStreamRoute(agent, lifetime: means.doors.streamLifetime)
    router.addGraphQLRoutes(agent)
    if case .network(let access) = door {
      PageRoutes(
        agent: agent, page: means.page, sessions: means.sessions, access: access, rates: means.shares.rates,
        doors: means.doors
      ).add(to: router)
    }
    try RouteTable.check(router, has: operations(door, means.doors))
    return router.buildResponder()
  }

  /// Returns the operations of a listener: the page is on the network only, and deliveries are accepted only where they
  /// are configured.
  private static func operations(_ door: AccessMiddleware.Door, _ doors: AgentListeners) -> [AgentOperation] {
    AgentOperation.all.filter { operation in
      switch operation.area {
      case .page: if case .network = door { true } else { false }
      case .delivery: !doors.webhooks.isEmpty
      case .api, .content: true
      }
    }
  }

  private static func router(_ door: AccessMiddleware.Door, _ means: Means) -> Router<AgentContext> {
    // HEAD is supported wherever GET is (RFC 9110 § 9.1).
    let router = Router(context: AgentContext.self, options: .autoGenerateHeadEndpoints)
    var access: AccessControl?
    if case .network(let control) = door { access = control }
    router.add(middleware: FaultMiddleware(means.agentLog, access: access))
    router.add(middleware: RefusalMiddleware(audit: means.audit, access: access))
    router.add(
      middleware: AccessMiddleware(
        door, bodyBytes: means.doors.bodyBytes, takesDeliveries: !means.doors.webhooks.isEmpty, shares: means.shares,
        sessions: access == nil ? nil : means.sessions))
    router.add(middleware: AuditMiddleware(audit: means.audit))
    return router
  }
}

/// Answers readers and admins a few at a time, on a low-priority thread, so that replication goes first.
///
/// Without it, twenty readers with continuous requests delayed copies by a factor of eight, because their answers
/// shared a queue with the steps of syncs, and each answer waited for all others at each step
/// (`remora-benchmark faces`).
struct ReadersMiddleware: RouterMiddleware {
  typealias Context = AgentContext

  private let thread: LowPriorityExecutor
  /// Several, so that an order to a whole registry does not block all other requests.
  private let gate = AdmissionGate(name: "readers", places: 4, waitingLimit: 10_000)

  init(_ thread: LowPriorityExecutor) { self.thread = thread }

  /// Runs the request on that thread.
  func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    var request = request
    // Before a slot is taken: a slow body would hold it.
    if request.method == .post, request.hasBody {
      request.body = .init(buffer: try await request.body.collect(upTo: context.bodyBytes))
    }
    do {
      try await gate.enter()
    } catch is WorkerPoolError {
      throw AgentFault(503, "busy", "answer more readers at a time", hint: "ask less often")
    }
    defer { gate.leave() }
    return try await withTaskExecutorPreference(thread) { [request] in try await next(request, context) }
  }
}
