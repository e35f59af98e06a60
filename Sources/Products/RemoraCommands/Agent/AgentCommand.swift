internal import Agent
internal import AgentAPI
internal import AgentClient
internal import AgentServer
internal import ArgumentParser
internal import BoundedHTTP
internal import CoreMetrics
internal import Foundation
internal import Glibc
internal import Logging
internal import MetricsExposition
internal import Replication
internal import SiteAssembly
internal import Synchronization
internal import TextBytes

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
      var logger = Logger(label: "remora") { _ in LogLineHandler(level: level) }
      logger.logLevel = .trace
      let agentLog = AgentLog(logger)
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
          agentLog.write(.notice, "\(role) \(site) runs, version \(Agent.version), and listens on \(address)")
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
      agentLog.write(.notice, "\(site) has stopped")
    } catch let error as ConfigurationError {
      Output.error(error.description)
      throw ExitStatus.usage
    } catch {
      Output.error("error: run the agent of '\(file)': \(error)")
      throw ExitStatus.failed
    }
  }
}

/// The level from which on lines are written; a reload changes it for the whole process.
final class LogLevel: Sendable {
  private let level: Mutex<Logger.Level>

  /// A level by its name; one that is none counts as `info`, and the configuration's reader lets none through.
  init(_ name: String) { level = Mutex(Logger.Level(rawValue: name) ?? .info) }

  func set(_ name: String) { level.withLock { $0 = Logger.Level(rawValue: name) ?? $0 } }

  var current: Logger.Level { level.withLock { $0 } }
}

/// Writes log lines on standard error: time, level, what happened, fields.
struct LogLineHandler: LogHandler {
  let level: LogLevel
  var metadata: Logger.Metadata = [:]
  /// The process's level decides, and not one of a logger.
  var logLevel: Logger.Level = .trace

  init(level: LogLevel) { self.level = level }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    guard event.level >= level.current else { return }
    let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let tail = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
    let time = RFC3339.text(RFC3339.milliseconds(since1970: Date().timeIntervalSince1970))
    Output.error("\(time) \(event.level.rawValue) \(event.message)\(tail)")
  }

  private static func quoted(_ value: String) -> String {
    value.contains { $0 == " " || $0 == "\"" } ? "\"\(value.replacing("\"", with: "'"))\"" : value
  }
}

/// The service manager that started us, if it asks for notifications (sd_notify(3)).
struct Supervisor: Sendable {
  private let socketPath: String?
  /// The service manager's watchdog interval; `nil` without one.
  private let watchdog: Duration?

  init(_ environment: [String: String]) {
    socketPath = environment["NOTIFY_SOCKET"]
    // sd_watchdog_enabled(3): for this process only.
    let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    watchdog = isOurs ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { .microseconds($0) } : nil
  }

  /// The listeners are open. Without an answer: it is a datagram, and a manager that does not get it waits until its
  /// own timeout.
  func ready() { tell("READY=1") }

  /// Says that we are well for as long as `isWell` says so, which asks what others ask us: an agent that does not
  /// answer is started again. Until the task is cancelled.
  func watch(_ isWell: @Sendable () async -> Bool) async {
    guard let watchdog, socketPath != nil else { return }
    while !Task.isCancelled {
      if await isWell() { tell("WATCHDOG=1") }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: watchdog / 4)
    }
  }

  private func tell(_ text: String) {
    guard let socketPath, let address = Self.address(socketPath) else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let message = Array(text.utf8)
    withUnsafePointer(to: address.value) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
        _ = sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), target, address.length)
      }
    }
  }

  /// An `@` stands for the NUL that begins an abstract name.
  private static func address(_ path: String) -> (value: sockaddr_un, length: socklen_t)? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), bytes.count < 108 else {
      return nil
    }
    if first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return (address, socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
  }
}

/// What a crash of an agent does.
enum CrashSignals {
  /// Those for which the Swift runtime starts its backtracer.
  private static let all = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV]

  /// Lets a crash end the process at once, as the service manager, which starts it again, expects.
  ///
  /// The Swift runtime would start a second process that reads the symbols of the program: for minutes, in which the agent answers
  /// nothing and holds its state directory. Where `SWIFT_BACKTRACE` is set the operator has decided otherwise. The kernel's core file, if
  /// the service manager's limits allow one, has what a backtrace has.
  static func endAtOnce(_ environment: [String: String]) {
    guard environment["SWIFT_BACKTRACE"] == nil else { return }
    for number in all { signal(number, SIG_DFL) }
  }
}
