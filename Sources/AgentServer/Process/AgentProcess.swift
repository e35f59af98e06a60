package import Agent
internal import AgentAPI
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
package import Replication
internal import ServiceLifecycle
internal import UnixSignals

/// An agent as a process: opens the state, then the doors, then runs the loops, until SIGTERM or SIGINT; then lets go of what
/// waits, ends what runs, closes the state, and leaves nothing half done.
package enum AgentProcess {
  /// How long the agent may take to stop; whoever is slower is cancelled.
  private static let drain = Duration.seconds(10)
  /// Whoever sends nothing for so long is let go.
  private static let idle = TimeAmount.seconds(60)

  /// Runs until a signal or a failure.
  ///
  /// - Parameter opened: told once the doors are open, with the port of the network door.
  /// - Throws: what opening the state or a door throws.
  package static func run(
    _ plan: AgentPlan, doors: AgentDoors, logger: Logger, environment: SiteEnvironment,
    opened: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) async throws {
    let chronicle = Chronicle(logger)
    // A client that leaves while it is written to must not end the process.
    signal(SIGPIPE, SIG_IGN)
    try await Agent.withOpen(plan, chronicle: chronicle, environment: environment) { agent in
      try await serve(agent, doors, chronicle, logger, opened)
    }
  }

  private static func serve(
    _ agent: Agent, _ doors: AgentDoors, _ chronicle: Chronicle, _ logger: Logger,
    _ opened: @escaping @Sendable (Int) -> Void
  ) async throws {
    let admin = SocketFile(path: "\(agent.plan.state)/admin.sock")
    let events = SocketFile(path: "\(agent.plan.state)/events.sock")
    for socket in [admin, events] { try socket.prepare() }
    let routers = AgentRouters(agent, doors, chronicle)
    let quiet = quieted(logger)
    // The sockets' files get the mode that the umask leaves them. It is the process's, so nothing else may run meanwhile.
    let before = umask(0o177)
    let sockets = OpenGate(after: 2)
    let http = HTTPServerBuilder.http1(configuration: .init(idleTimeout: idle))
    let adminDoor = Application(
      responder: routers.admin, server: http,
      configuration: .init(address: .unixDomainSocket(path: admin.path)), onServerRunning: { _ in sockets.arrive() },
      logger: quiet)
    let eventDoor = Application(
      responder: routers.events, server: http,
      configuration: .init(address: .unixDomainSocket(path: events.path)), onServerRunning: { _ in sockets.arrive() },
      logger: quiet)
    let inner = InnerServices(gate: sockets) {
      umask(before)
      if let group = doors.hookGroup { try events.open(to: group) }
    } run: {
      try await network(agent, doors, routers, http, quiet, opened)
    }
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: adminDoor), .init(service: eventDoor), .init(service: inner)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = drain
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch {
      umask(before)
      throw error
    }
  }

  /// The server's own lines are about its connections; people have theirs from the routes.
  private static func quieted(_ logger: Logger) -> Logger {
    var quiet = logger
    quiet.logLevel = .error
    return quiet
  }

  /// The network door and the loops: what runs once the sockets are there.
  private static func network(
    _ agent: Agent, _ doors: AgentDoors, _ routers: AgentRouters, _ http: HTTPServerBuilder, _ logger: Logger,
    _ opened: @escaping @Sendable (Int) -> Void
  ) async throws {
    let server = try doors.tls.map { try HTTPServerBuilder.tls(http, tlsConfiguration: $0) } ?? http
    let door = Application(
      responder: routers.network, server: server,
      configuration: .init(
        address: .hostname(doors.host, port: doors.port),
        availableConnectionsDelegate: MaximumAvailableConnections(doors.maximumConnections)),
      onServerRunning: { channel in opened(channel.localAddress?.port ?? 0) }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await door.run() }
      group.addTask { await cancelWhenGracefulShutdown { await agent.run() } }
      // The first that ends, ends all: a door that cannot be opened, or the shutdown.
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }
}

/// Waits for the gate, then runs.
private struct InnerServices: Service {
  let gate: OpenGate
  let prepare: @Sendable () throws -> Void
  let body: @Sendable () async throws -> Void

  init(
    gate: OpenGate, prepare: @escaping @Sendable () throws -> Void,
    run body: @escaping @Sendable () async throws -> Void
  ) {
    self.gate = gate
    self.prepare = prepare
    self.body = body
  }

  func run() async throws {
    await gate.pass()
    guard !Task.isCancelled else { return }
    try prepare()
    try await body()
  }
}
