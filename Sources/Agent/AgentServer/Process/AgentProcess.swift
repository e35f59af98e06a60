internal import AdminPage
package import Agent
internal import Foundation
internal import GitServing
package import Logging
package import MetricsExposition
package import Replication
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
    _ plan: AgentPlan, doors: AgentDoors, metrics: MetricsRegistry, logger: Logger, environment: SiteEnvironment,
    reload: Reload? = nil, opened: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) async throws {
    let chronicle = Chronicle(logger)
    // A client that disconnects during a write must not end the process.
    signal(SIGPIPE, SIG_IGN)
    try await Agent.withOpen(plan, chronicle: chronicle, environment: environment) { agent in
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
      let readers = QuietThread()
      let routers = try AgentRouters(
        agent,
        .init(
          doors: doors, chronicle: chronicle, metrics: metrics, git: git, workers: workers, sessions: sessions,
          page: page, readers: readers, shares: AgentRouters.Means.shares(doors),
          audit: AuditLog(state: plan.state, workers: workers, chronicle: chronicle, now: environment.now)))
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
