internal import Agent
internal import AgentAPI
internal import Foundation
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// The listeners and the loops of an open agent, as services that end together.
struct AgentServices: Sendable {
  let agent: Agent
  let doors: AgentListeners
  let routers: AgentRouters
  let logger: Logger
  let reload: AgentProcess.Reload?
  let opened: @Sendable (Int) -> Void

  /// How long the agent may take to stop; slower services are cancelled.
  private static let drain = Duration.seconds(10)
  /// How long the next request of a connection may take to begin and its head to arrive, and how long a body.
  private static let (headLimit, bodyLimit) = (TimeAmount.seconds(60), TimeAmount.seconds(300))

  /// Runs until a signal or a failure.
  func run() async throws {
    let admin = SocketFile(path: "\(agent.plan.state)/admin.sock")
    let events = SocketFile(path: "\(agent.plan.state)/events.sock")
    for socket in [admin, events] { try socket.prepare() }
    // The sockets' files get the mode that the umask leaves them. The umask is process-wide, so no other code may run
    // meanwhile.
    let before = umask(0o177)
    let sockets = StartupLatch(after: 2)
    let inner = GatedService(gate: sockets) {
      umask(before)
      try HookGroup.openWay(doors.hookGroup, to: agent.plan.state)
      try HookGroup.set(doors.hookGroup, on: events.path, mode: 0o660, alone: 0o600)
    } run: {
      try await runBehindSockets()
    }
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: socketDoor(admin, routers.admin, sockets)),
        .init(service: socketDoor(events, routers.events, sockets)),
        // It ends by itself only when the site was promoted.
        .init(service: inner, successTerminationBehavior: .gracefullyShutdownGroup),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = Self.drain
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch {
      umask(before)
      throw error
    }
  }

  /// The server's own log lines concern connections; the routes log for operators.
  private var quiet: Logger {
    var quiet = logger
    quiet.logLevel = .critical
    return quiet
  }

  private var http: HTTPServerBuilder {
    .http1(
      configuration: .init(
        additionalChannelHandlers: [RequestClock(head: Self.headLimit, body: Self.bodyLimit)]))
  }

  private func socketDoor(
    _ socket: SocketFile, _ responder: RouterResponder<AgentContext>, _ gate: StartupLatch
  ) -> some Service {
    Application(
      responder: responder, server: http, configuration: .init(address: .unixDomainSocket(path: socket.path)),
      onServerRunning: { _ in gate.arrive() }, logger: quiet)
  }

  /// Runs the network listener and the loops.
  private func runBehindSockets() async throws {
    let shares = ConnectionShares(most: doors.connectionsOfClient, exempt: doors.access.trustedProxies)
    let http = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [
          ConnectionShare(shares), RequestClock(head: Self.headLimit, body: Self.bodyLimit),
        ]))
    let server = try doors.tls.map { try HTTPServerBuilder.tls(http, tlsConfiguration: $0.configuration) } ?? http
    let door = Application(
      responder: routers.network, server: server,
      configuration: .init(
        address: .hostname(doors.host, port: doors.port),
        availableConnectionsDelegate: MaximumAvailableConnections(doors.maximumConnections)),
      onServerRunning: { channel in opened(channel.localAddress?.port ?? 0) }, logger: quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await run(door) }
      group.addTask { await cancelWhenGracefulShutdown { await agent.run() } }
      if reload != nil { group.addTask { await cancelWhenGracefulShutdown { await reloadAtSignals() } } }
      if let epoch = agent.plan.epoch {
        group.addTask { await cancelWhenGracefulShutdown { await afterPromotion(epoch) } }
      }
      // The first that ends, ends all: a listener that cannot be opened, or the shutdown.
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  private func run(_ door: some ApplicationProtocol) async throws {
    do {
      try await door.run()
    } catch let error as IOError {
      throw AgentFault(
        500, "listen_failed",
        "listen on '\(doors.host):\(doors.port)': \(String(cString: strerror(error.errnoCode)))",
        hint: "stop what listens there, or change 'listen'")
    }
  }

  /// Returns when this site was promoted, and the client that ordered it has the answer.
  private func afterPromotion(_ epoch: SiteEpoch) async {
    await epoch.waitForRestart()
    // Throws only when cancelled: another service ends the agent.
    try? await Task.sleep(for: .milliseconds(300))
  }

  private func reloadAtSignals() async {
    guard let reload else { return }
    for await _ in await UnixSignalsSequence(trapping: .sighup) { await reload(agent) }
  }
}

/// Waits for the gate, then runs.
private struct GatedService: Service {
  let gate: StartupLatch
  let prepare: @Sendable () throws -> Void
  let body: @Sendable () async throws -> Void

  init(
    gate: StartupLatch, prepare: @escaping @Sendable () throws -> Void,
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

/// Makes services wait until `arrive` was called a given number of times.
final class StartupLatch: Sendable {
  private struct State {
    var missing: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  /// - Parameter count: the number of calls of `arrive` to wait for.
  init(after count: Int) { state = Mutex(State(missing: count)) }

  func arrive() {
    let freed = state.withLock { state in
      state.missing -= 1
      guard state.missing == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in freed { continuation.resume() }
  }

  /// Releases all waiters, even if arrivals are missing.
  func force() {
    let freed = state.withLock { state in
      state.missing = 0
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in freed { continuation.resume() }
  }

  func pass() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOpen = state.withLock { state in
          if state.missing > 0 { state.waiting.append(continuation) }
          return state.missing <= 0
        }
        if isOpen { continuation.resume() }
      }
    } onCancel: {
      force()
    }
  }
}

/// A socket in the state directory.
struct SocketFile: Sendable {
  let path: String

  /// `sun_path` has 108 bytes, one of them for the end (unix(7)).
  private static let longest = 107

  /// Prepares the path for a new socket, and removes a dead process's one: the state directory's lock proves that it is
  /// dead.
  ///
  /// - Throws: `AgentFault` for an invalid socket path, and for a file that cannot be removed.
  func prepare() throws(AgentFault) {
    guard path.utf8.count <= Self.longest else {
      throw AgentFault(
        500, "path_too_long", "listen on '\(path)': a socket's path has at most \(Self.longest) bytes",
        hint: "choose a shorter state directory")
    }
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove the old socket") }
  }

  private func failure(_ operation: String) -> AgentFault {
    AgentFault(500, "socket_failed", "\(operation): '\(path)': \(String(cString: strerror(errno)))")
  }
}
