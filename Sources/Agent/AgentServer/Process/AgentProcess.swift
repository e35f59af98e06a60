internal import AdminPage
package import Agent
internal import AgentAPI
internal import Foundation
internal import GitServing
package import Logging
package import MetricsExposition
package import Replication
internal import SiteTokens
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// An agent as a process: opens the state, then the listeners, then runs the loops, until SIGTERM or SIGINT; then ends
/// waiting requests and running jobs, and closes the state consistently.
package enum AgentProcess {
  /// The handler of SIGHUP.
  package typealias Reload = @Sendable (Agent) async -> Void

  /// Runs until a signal or a failure.
  ///
  /// - Parameters:
  ///   - metrics: shown at `/metrics`; receives a collector of the site's numbers.
  ///   - reload: `nil` does not handle SIGHUP.
  ///   - opened: called once the listeners are open, with the port of the network.
  /// - Throws: errors of opening the state or a listener.
  package static func run(
    _ plan: AgentPlan, doors: AgentListeners, metrics: MetricsRegistry, logger: Logger, environment: SiteEnvironment,
    reload: Reload? = nil, opened: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) async throws {
    let agentLog = AgentLog(logger)
    // A client that disconnects during a write must not end the process.
    signal(SIGPIPE, SIG_IGN)
    try await Agent.withOpen(plan, agentLog: agentLog, environment: environment) { agent in
      let collector = metrics.registerCollector { await SiteMetrics.families(of: agent) }
      defer { metrics.removeCollector(collector) }
      // Reading refs and files for clients must not wait for this site's syncs.
      let workers = WorkerPool(name: "serving", threads: 8, waitingLimit: 10_000)
      var settings = GitServingSettings(environment: ProcessInfo.processInfo.environment)
      settings.temporaryDirectory = FilePath(plan.state)
      settings.agent = "remora/\(Agent.version)"
      settings.maximumChildren = doors.uploadPacks.all
      settings.maximumChildrenOfAsker = doors.uploadPacks.asker
      let git = GitService(settings: settings, workers: workers)
      let (sessions, page) = (try await Sessions(state: plan.state, site: plan.site, workers: workers), try AdminPage())
      let readers = LowPriorityExecutor()
      let routers = try AgentRouters(
        agent,
        .init(
          doors: doors, agentLog: agentLog, metrics: metrics, git: git, workers: workers, sessions: sessions,
          page: page, readers: readers, shares: AgentRouters.Means.shares(doors),
          audit: AuditLog(state: plan.state, workers: workers, agentLog: agentLog, now: environment.now)))
      let services = AgentServices(
        agent: agent, doors: doors, routers: routers, logger: logger, reload: reload, opened: opened)
      let result: Result<Void, any Error>
      do { result = .success(try await services.run()) } catch { result = .failure(error) }
      await git.shutdown()
      await workers.shutdown()
      await readers.shutdown()
      try result.get()
    }
  }
}

extension AgentProcess {
  /// Runs the agent of a configuration, and applies its reloadable settings again at each SIGHUP.
  ///
  /// - Parameters:
  ///   - reread: reads the configuration again.
  ///   - setLogLevel: receives the level of each reload.
  ///   - opened: called each time that the listeners are open, with the network port and the site's role, which after a
  ///     promotion differs from the configuration's.
  /// - Throws: errors of opening the state or a listener, and `SecretFileError`.
  package static func run(
    _ configuration: AgentConfiguration, reread: @escaping @Sendable () throws -> AgentConfiguration,
    metrics: MetricsRegistry, logger: Logger, environment: SiteEnvironment,
    setLogLevel: @escaping @Sendable (String) -> Void,
    opened: @escaping @Sendable (_ port: Int, _ role: String) -> Void
  ) async throws {
    var (configuration, before) = (configuration, AgentConfiguration?.none)
    var former: (doors: AgentListeners, plan: AgentPlan)?
    // Until the reload listens, an early SIGHUP must not end the process: the configuration has just been read. Once,
    // before the first opening: later this would take the signal from the dispatch source that the reload listens to.
    signal(SIGHUP, SIG_IGN)
    while true {
      let epoch = try SiteEpoch(state: configuration.state, now: environment.now)
      let doors = try await AgentListeners(configuration, epoch: epoch, now: environment.now)
      let reload = ConfigurationReload(
        configuration, epoch, doors: doors, agentLog: AgentLog(logger), reread: reread,
        setLogLevel: setLogLevel)
      do {
        let plan = try await AgentPlan(configuration, epoch: epoch, now: environment.now)
        // Secrets that changed together with the kinds: the previous ones stay valid for a while.
        if let former {
          doors.access.succeed(former.doors.access)
          if let signer = plan.signer, let other = former.plan.signer { signer.succeed(other) }
        }
        former = (doors, plan)
        try await run(
          plan, doors: doors, metrics: metrics, logger: logger, environment: environment,
          reload: { await reload.run(for: $0) },
          opened: { port in
            reload.hasOpened()
            opened(port, plan.agentRole.rawValue)
          })
      } catch {
        // If the reloaded kinds cannot be opened, the previous ones are opened again.
        guard let last = before, !reload.isOpen, !Task.isCancelled else { throw error }
        AgentLog(logger).write(.error, "reload: open the site anew: \(error); it goes on as it was")
        (configuration, before) = (last, nil)
        continue
      }
      // After a promotion, or with other kinds, the same process opens the site in its new role.
      guard epoch.wantsRestart, !Task.isCancelled else { return }
      if let next = await reload.next { (configuration, before) = (next, configuration) }
    }
  }
}

/// Applies a changed configuration atomically: by opening the site again when the kinds have changed, else by applying
/// all reloadable settings while it runs.
private actor ConfigurationReload {
  private var current: AgentConfiguration
  private let epoch: SiteEpoch
  private let doors: AgentListeners
  private let agentLog: AgentLog
  private let reread: @Sendable () throws -> AgentConfiguration
  private let setLogLevel: @Sendable (String) -> Void
  private let openness = Mutex(false)
  /// The configuration to open the site with again.
  private(set) var next: AgentConfiguration?

  /// Whether the listeners were opened.
  nonisolated var isOpen: Bool { openness.withLock { $0 } }

  nonisolated func hasOpened() { openness.withLock { $0 = true } }

  init(
    _ configuration: AgentConfiguration, _ epoch: SiteEpoch, doors: AgentListeners, agentLog: AgentLog,
    reread: @escaping @Sendable () throws -> AgentConfiguration, setLogLevel: @escaping @Sendable (String) -> Void
  ) {
    current = configuration
    self.epoch = epoch
    self.doors = doors
    self.agentLog = agentLog
    self.reread = reread
    self.setLogLevel = setLogLevel
  }

  func run(for agent: Agent) async {
    do {
      let new = try reread()
      let changes = current.changes(to: new)
      guard !changes.contains(where: { $0.key.hasPrefix("replicables") && !$0.isReloadable }) else {
        setLogLevel(new.logLevel)
        next = new
        agentLog.write(.notice, "reload: the kinds have changed: the site is opened anew with the whole configuration")
        epoch.askForRestart()
        return
      }
      // Only sites of the start's configuration have access: the log keeps their cursors from the start.
      let known = doors.sites
      // All of it is read before any of it is applied.
      let (persons, sites) = (try new.personTokens(), try new.siteSecrets(epoch.record))
      let webhooks = try new.webhookDoors()
      let certificate = try doors.tls?.reread()
      // Another URL is another primary, which needs a restart.
      let issuer = new.primary?.url == current.primary?.url ? try await new.issuer(epoch) : nil
      await doors.access.replace(persons: persons, sites: sites.filter { known.contains($0.key) })
      for (kind, door) in doors.webhooks { if let other = webhooks[kind] { door.replace(other.secret) } }
      if let certificate { doors.tls?.take(certificate) }
      if let issuer { agent.plan.signer?.replace(issuer) }
      await agent.take(new.limits)
      agent.take(promotionRights: new.promotionRights(epoch.record))
      setLogLevel(new.logLevel)
      current.adoptReloadable(of: new)
      tell(changes)
    } catch let error as ConfigurationError {
      for issue in error.description.split(separator: "\n") { agentLog.write(.error, "reload: \(issue)") }
      agentLog.write(.error, "reload: nothing was changed")
    } catch {
      agentLog.write(.error, "reload: \(error); nothing was changed")
    }
  }

  private func tell(_ changes: [AgentConfiguration.Change]) {
    let taken = changes.filter(\.isReloadable).map(\.key)
    agentLog.write(
      .notice,
      "reload: certificates, secrets and tokens read again"
        + (taken.isEmpty ? "" : ", taken: \(taken.joined(separator: ", "))"))
    let late = changes.filter { !$0.isReloadable }.map(\.key)
    guard !late.isEmpty else { return }
    agentLog.write(.warning, "reload: these need a restart, and hold as they were: \(late.joined(separator: ", "))")
  }
}
