internal import BoundedHTTP
internal import ChildProcess
internal import Dispatch
internal import Synchronization
internal import WorkerPool

/// Runs commands on SSH hosts, by libssh2 or by the system's ssh, whichever fits the host.
final class SSHGateway: Sendable {
  private enum Route: Sendable {
    case library(SSHHostConfiguration)
    case system
  }

  private struct Remembered: Sendable {
    let route: Route
    let expiry: Deadline
  }

  /// The user may change ssh's configuration while the process runs.
  private static let configurationLifetime = Duration.seconds(60)
  /// A host that libssh2 cannot serve stays so; each try costs the host a refusal in its log.
  private static let fallbackLifetime = Duration.seconds(600)
  private static let rememberedHosts = 10_000

  private let settings: SSHSettings
  private let environment: [String: String]
  private let connectTimeout: Duration
  private let system: SystemSSH
  private let pool: SSHSessionPool
  private let routes = Mutex<[SSHHostConfiguration.Alias: Remembered]>([:])

  init(settings: SSHSettings, environment: [String: String], connectTimeout: Duration) {
    self.settings = settings
    self.environment = environment
    self.connectTimeout = connectTimeout
    system = SystemSSH(settings: settings, environment: environment, connectTimeout: connectTimeout)
    pool = SSHSessionPool(idleTimeout: settings.idleTimeout)
  }

  /// Starts `command` on the host of `source`.
  ///
  /// - Throws: `SSHFailure`, `SSHSystemFailure`, `ChildFailure`, `GitError`, `TransportError` for files that cannot be
  ///   read, `Cancelled`.
  func start(_ command: String, for source: SourceURL, limits: WaitLimits) throws -> any RemoteCommand {
    let alias = SSHHostConfiguration.Alias(host: source.host, port: source.port, user: source.credential?.user)
    let password = source.credential.flatMap { $0.password.isEmpty ? nil : $0.password }
    switch try route(to: alias, limits) {
    case .system:
      // ssh takes a password from nowhere but a terminal.
      guard password == nil else { throw SSHSystemFailure.unsupported("a password in the address needs libssh2") }
      return try system.start(command, on: alias, limits: limits)
    case .library(let host):
      do {
        return try start(command, over: SSHSessionPool.Key(host: host, password: password), source, limits)
      } catch let failure as SSHFailure {
        guard settings.choice == .automatic, failure.mayFitTheSystem, password == nil, try system.program() != nil
        else { throw failure }
        remember(.system, alias, Self.fallbackLifetime)
        return try system.start(command, on: alias, limits: limits)
      }
    }
  }

  /// Closes the idle sessions, and ends the masters. Sessions in use continue until they are returned.
  func shutdown() async {
    pool.shutdown()
    // Ending a master waits for a process, which no thread of the tasks must do.
    await withCheckedContinuation { done in
      DispatchQueue.global().async {
        self.system.shutdown()
        done.resume()
      }
    }
  }

  // MARK: Routes

  private func route(to alias: SSHHostConfiguration.Alias, _ limits: WaitLimits) throws -> Route {
    if let known = routes.withLock({ $0[alias] }), !known.expiry.hasPassed { return known.route }
    let route = try newRoute(to: alias, limits)
    remember(route, alias, Self.configurationLifetime)
    return route
  }

  private func newRoute(to alias: SSHHostConfiguration.Alias, _ limits: WaitLimits) throws -> Route {
    switch settings.choice {
    case .system: return .system
    case .automatic where try system.program()?.isNamed == true: return .system
    case .automatic, .libssh2:
      let reader = SSHConfigurationReader(settings: settings, environment: environment)
      let host = try reader.configuration(of: alias, limits: limits)
      if settings.choice == .automatic, !host.beyondLibssh2.isEmpty { return .system }
      guard host.beyondLibssh2.isEmpty else {
        throw SSHSystemFailure.unsupported(
          "ssh's configuration of this host says what libssh2 cannot do: \(host.beyondLibssh2.joined(separator: ", "))")
      }
      return .library(host)
    }
  }

  private func remember(_ route: Route, _ alias: SSHHostConfiguration.Alias, _ lifetime: Duration) {
    routes.withLock { routes in
      if routes.count >= Self.rememberedHosts { routes.removeAll() }
      routes[alias] = Remembered(route: route, expiry: .after(lifetime))
    }
  }

  // MARK: libssh2

  private func start(
    _ command: String, over key: SSHSessionPool.Key, _ source: SourceURL, _ limits: WaitLimits
  ) throws -> any RemoteCommand {
    if let session = pool.take(key) {
      session.bind(to: limits)
      do {
        return try channel(command, session, key)
      } catch let failure as SSHFailure {
        // The host may have closed it while it was idle; only a new session shows whether the host is reachable.
        if case .stream(.runTimedOut, _) = failure { throw failure }
      }
    }
    let session = try SSHSession(
      to: key.host, knownHosts: knownHosts(key.host, source),
      identities: SSHIdentities(
        key.host, settings, password: key.password,
        leavesOldSignatures: settings.choice == .automatic && system.program() != nil, subject: source.redacted),
      connectTimeout: connectTimeout, limits: limits)
    return try channel(command, session, key)
  }

  private func channel(
    _ command: String, _ session: SSHSession, _ key: SSHSessionPool.Key
  ) throws -> any RemoteCommand {
    try SSHChannel(command, environment: [("GIT_PROTOCOL", "version=2")], over: session) { [pool] in
      pool.put($0, key)
    }
  }

  private func knownHosts(_ host: SSHHostConfiguration, _ source: SourceURL) throws(TransportError) -> KnownHosts {
    var known = KnownHosts()
    for path in host.knownHostsFiles {
      if let bytes = try SecretFile.readBytes(path, atMost: 64 << 20, for: source.redacted) {
        known.add(bytes, from: path)
      }
    }
    return known
  }
}

/// A command that runs on another host: its input, output and standard error. Used from one thread.
protocol RemoteCommand: AnyObject {
  /// Reads at least one byte of its output; 0 is the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// Writes all bytes to its input. A command that has exited is no error: its output is still to be read.
  func write(_ bytes: UnsafeRawBufferPointer) throws
  /// The beginning of its standard error so far, read without waiting.
  var errorText: ErrorText { get }
  /// How it ended, after its output has: waits a moment. `nil` when it goes on running.
  func ending() throws -> Child.Ending?
  /// Ends its input, and lets it end. Does not wait longer than a moment, never throws.
  func finish()
  /// Gives it up at once.
  func abort()
}

/// A child `ssh` is such a command.
extension Child: RemoteCommand {}
