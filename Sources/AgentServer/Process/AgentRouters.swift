internal import Agent
internal import Hummingbird

/// What is answered at each door.
struct AgentRouters: Sendable {
  let network: RouterResponder<AgentContext>
  let admin: RouterResponder<AgentContext>
  let events: RouterResponder<AgentContext>

  init(_ agent: Agent, _ doors: AgentDoors, _ chronicle: Chronicle) {
    network = Self.full(Self.router(.network(doors.access), chronicle), agent)
    admin = Self.full(Self.router(.adminSocket, chronicle), agent)
    let events = Self.router(.eventSocket, chronicle)
    events.addEventRoute(agent)
    self.events = events.buildResponder()
  }

  private static func full(_ router: Router<AgentContext>, _ agent: Agent) -> RouterResponder<AgentContext> {
    router.addHealthRoutes(agent)
    router.addSiteRoutes(agent)
    router.addEventRoute(agent)
    router.addPeopleRoutes(agent)
    return router.buildResponder()
  }

  private static func router(_ door: AccessMiddleware.Door, _ chronicle: Chronicle) -> Router<AgentContext> {
    let router = Router(context: AgentContext.self)
    router.add(middleware: FaultMiddleware(chronicle))
    router.add(middleware: AccessMiddleware(door))
    return router
  }
}
