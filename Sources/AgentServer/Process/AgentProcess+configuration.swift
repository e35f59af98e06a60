package import Agent
package import Logging
package import MetricsExposition
package import Replication
internal import SiteTokens
internal import Synchronization

extension AgentProcess {
  /// Runs what a configuration says, and takes what can be reloaded from it again at each SIGHUP.
  ///
  /// - Parameters:
  ///   - reread: reads the configuration again.
  ///   - setLogLevel: told the level of each reload.
  ///   - opened: called each time that the listeners are open, with the port of the network and the role that the site has, which a
  ///     promotion makes another one than the configuration's.
  /// - Throws: what opening the state or a door throws, and `SecretFileError`.
  package static func run(
    _ configuration: AgentConfiguration, reread: @escaping @Sendable () throws -> AgentConfiguration,
    metrics: MetricsRegistry, logger: Logger, environment: SiteEnvironment,
    setLogLevel: @escaping @Sendable (String) -> Void,
    opened: @escaping @Sendable (_ port: Int, _ role: String) -> Void
  ) async throws {
    var (configuration, before) = (configuration, AgentConfiguration?.none)
    while true {
      let epoch = try SiteEpoch(state: configuration.state, now: environment.now)
      let doors = try await AgentDoors(configuration, epoch: epoch, now: environment.now)
      let reload = ConfigurationReload(
        configuration, epoch, access: doors.access, chronicle: Chronicle(logger), reread: reread,
        setLogLevel: setLogLevel)
      do {
        let plan = try await AgentPlan(configuration, epoch: epoch, now: environment.now)
        try await run(
          plan, doors: doors, metrics: metrics, logger: logger, environment: environment,
          reload: { await reload.run(for: $0) },
          opened: { port in
            reload.hasOpened()
            opened(port, plan.roleName)
          })
      } catch {
        // Kinds that came with a reload and cannot be opened: those before them can.
        guard let last = before, !reload.isOpen, !Task.isCancelled else { throw error }
        Chronicle(logger).write(.error, "reload: open the site anew: \(error); it goes on as it was")
        (configuration, before) = (last, nil)
        continue
      }
      // A promotion, or other kinds: the same process, as what the site is now.
      guard epoch.wantsRestart, !Task.isCancelled else { return }
      if let next = await reload.next { (configuration, before) = (next, configuration) }
    }
  }
}

/// Takes in a changed configuration: all of it by opening the site anew when the kinds have changed, else the whole of what can be
/// taken while it runs; or nothing.
private actor ConfigurationReload {
  private var current: AgentConfiguration
  private let epoch: SiteEpoch
  private let access: AccessControl
  private let chronicle: Chronicle
  private let reread: @Sendable () throws -> AgentConfiguration
  private let setLogLevel: @Sendable (String) -> Void
  private let openness = Mutex(false)
  /// The configuration to open the site with again.
  private(set) var next: AgentConfiguration?

  /// Whether the doors were opened.
  nonisolated var isOpen: Bool { openness.withLock { $0 } }

  nonisolated func hasOpened() { openness.withLock { $0 = true } }

  init(
    _ configuration: AgentConfiguration, _ epoch: SiteEpoch, access: AccessControl, chronicle: Chronicle,
    reread: @escaping @Sendable () throws -> AgentConfiguration, setLogLevel: @escaping @Sendable (String) -> Void
  ) {
    current = configuration
    self.epoch = epoch
    self.access = access
    self.chronicle = chronicle
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
        chronicle.write(.notice, "reload: the kinds have changed: the site is opened anew with the whole configuration")
        epoch.askForRestart()
        return
      }
      // Only sites that we know may ask: the log keeps accounts of them from the start.
      let known = try current.siteSecrets(epoch.record)
      try await access.replace(
        persons: new.personTokens(), sites: new.siteSecrets(epoch.record).filter { known[$0.key] != nil })
      await agent.take(SchedulerLimits(new.limits))
      agent.take(promotionRights: new.promotionRights(epoch.record))
      setLogLevel(new.logLevel)
      current.adoptReloadable(of: new)
      tell(changes)
    } catch let error as ConfigurationError {
      for issue in error.description.split(separator: "\n") { chronicle.write(.error, "reload: \(issue)") }
      chronicle.write(.error, "reload: nothing was changed")
    } catch {
      chronicle.write(.error, "reload: \(error); nothing was changed")
    }
  }

  private func tell(_ changes: [AgentConfiguration.Change]) {
    let taken = changes.filter(\.isReloadable).map(\.key)
    chronicle.write(
      .notice,
      "reload: secrets and tokens read again" + (taken.isEmpty ? "" : ", taken: \(taken.joined(separator: ", "))"))
    let late = changes.filter { !$0.isReloadable }.map(\.key)
    guard !late.isEmpty else { return }
    chronicle.write(.warning, "reload: these need a restart, and hold as they were: \(late.joined(separator: ", "))")
  }
}
