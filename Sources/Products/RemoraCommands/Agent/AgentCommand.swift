internal import Agent
internal import AgentAPI
internal import AgentClient
internal import AgentServer
internal import ArgumentParser
internal import BoundedHTTP
internal import CoreMetrics
internal import Foundation
internal import Logging
internal import MetricsExposition
internal import Replication
internal import SiteAssembly

/// `remora agent`: a primary or a secondary.
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Run a primary or a secondary, in the foreground.",
    discussion: """
      SIGTERM and Ctrl-C stop it within ten seconds and leave nothing half done;
      SIGHUP reads the configuration again. Log lines go to standard error.

      Examples:
        remora config example primary > remora.yaml
        remora agent --config remora.yaml
      """)

  @Option(
    help: ArgumentHelp("The configuration (else REMORA_CONFIG, else /etc/remora/remora.yaml).", valueName: "file"),
    completion: .file())
  var config: String?

  func run() async throws {
    CrashSignals.endAtOnce(ProcessInfo.processInfo.environment)
    let file = AgentPointer.file(config)
    let read: @Sendable () throws -> AgentConfiguration = {
      try AgentConfiguration.read(file, environment: ProcessInfo.processInfo.environment)
    }
    let metrics = MetricsRegistry(descriptions: AgentMetrics.help.mapValues { .init(help: $0) })
    MetricsSystem.bootstrap(metrics)
    do {
      let configuration = try read()
      let level = LogLevel(configuration.logLevel)
      let supervisor = Supervisor(ProcessInfo.processInfo.environment)
      let site = "'\(configuration.name)'"
      var logger = Logger(label: "remora") { _ in AgentLog(level: level) }
      logger.logLevel = .trace
      let chronicle = Chronicle(logger)
      let http = BoundedHTTPClient()
      let door = AgentClient(
        .socket(path: "\(configuration.state)/admin.sock"), http: http, silence: .seconds(10), total: .seconds(10))
      let watching = Task { await supervisor.watch { (try? await door.bytes(AgentRoute.health)) != nil } }
      let result: Result<Void, any Error>
      do {
        try await AgentProcess.run(
          configuration, reread: read, metrics: metrics, logger: logger, environment: .system,
          setLogLevel: { level.set($0) }
        ) { port, role in
          let address = "\(configuration.listen.host):\(port)"
          chronicle.write(.notice, "\(role) \(site) runs, version \(Agent.version), and listens on \(address)")
          supervisor.ready()
        }
        result = .success(())
      } catch {
        result = .failure(error)
      }
      watching.cancel()
      await watching.value
      await http.shutdown()
      try result.get()
      chronicle.write(.notice, "\(site) has stopped")
    } catch let error as ConfigurationError {
      Output.error(error.description)
      throw ExitStatus.usage
    } catch {
      Output.error("error: run the agent of '\(file)': \(error)")
      throw ExitStatus.failed
    }
  }
}
