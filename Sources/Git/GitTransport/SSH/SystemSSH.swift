internal import ChildProcess
internal import Foundation
internal import GitValues
internal import Synchronization
internal import WorkerPool

/// Reaches hosts by the program that git would run: a process for each command, and where that is OpenSSH one
/// connection for all of a host's commands, held by a master process that ends with us, or a minute after us.
final class SystemSSH: Sendable {
  /// Whose connection a master holds.
  typealias Alias = SSHHostConfiguration.Alias

  private struct Masters: Sendable {
    var paths: [Alias: String] = [:]
    /// The run that is connecting; others wait for its connection.
    var connecting: Set<Alias> = []
  }

  /// How many masters this process has started: each has a socket of its own, for the one of a master that was killed
  /// stays.
  private static let count = Atomic(0)

  private let settings: SSHSettings
  private let environment: [String: String]
  private let connectTimeout: Duration
  private let masters = Monitor(Masters())

  /// Seconds for which a master outlives its last command; and how it notices a host that has gone.
  private static let persistence = 60
  private static let aliveOptions = ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"]

  init(settings: SSHSettings, environment: [String: String], connectTimeout: Duration) {
    self.settings = settings
    self.environment = environment
    self.connectTimeout = connectTimeout
  }

  /// The program; `nil` when none is installed.
  func program() throws -> SSHProgram? { try SSHProgram(environment: environment) }

  /// Starts `command` on the host.
  ///
  /// - Throws: `SSHSystemFailure`, `ChildFailure`, `GitError`, `Cancelled`.
  func start(_ command: String, on alias: Alias, limits: WaitLimits) throws -> any RemoteCommand {
    guard let program = try program() else { throw SSHSystemFailure.missing }
    var arguments = program.arguments
    let target = alias.user.map { "\($0)@\(alias.host)" } ?? alias.host
    switch program.variant {
    case .simple:
      guard alias.port == nil else {
        throw SSHSystemFailure.unsupported("the program takes no port; say GIT_SSH_VARIANT=ssh if it is OpenSSH's")
      }
      arguments += [target, command]
    case .openSSH:
      let path = try masterPath(program, alias, target, limits)
      arguments += options(alias) + ["-o", "ControlMaster=no", "-o", "ControlPath=\(path)", "--", target, command]
    }
    return try Child(childCommand(program, arguments), limits: limits)
  }

  /// Ends the masters.
  func shutdown() {
    let paths = masters.withLock { masters in
      defer { masters.paths = [:] }
      return masters.paths
    }
    for (alias, path) in paths { try? end(alias, path) }  // a master that cannot be reached ends by itself
  }

  private func end(_ alias: Alias, _ path: String) throws {
    guard let program = try program() else { return }
    let limits = WaitLimits(silence: .seconds(2), deadline: .after(.seconds(2)), cancellation: CancellationFlag())
    let arguments = program.arguments + ["-O", "exit", "-o", "ControlPath=\(path)", "--", alias.host]
    _ = try ChildRun(childCommand(program, arguments), limits: limits)
  }

  /// Options of every ssh of ours: no prompt, no new host key, a timeout, git's protocol version passed on.
  private func options(_ alias: Alias) -> [String] {
    var options = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "SendEnv=GIT_PROTOCOL"]
    options += ["-o", "ConnectTimeout=\(max(connectTimeout.components.seconds, 1))"]
    if let file = settings.configurationFile { options += ["-F", file] }
    for file in settings.identityFiles { options += ["-i", file] }
    if !settings.identityFiles.isEmpty { options += ["-o", "IdentitiesOnly=yes"] }
    if !settings.knownHostsFiles.isEmpty {
      let files = settings.knownHostsFiles.map { "\"\($0)\"" }.joined(separator: " ")
      options += ["-o", "UserKnownHostsFile=\(files)", "-o", "GlobalKnownHostsFile=/dev/null"]
    }
    if let port = alias.port { options += ["-p", "\(port)"] }
    return options
  }

  /// In our environment, less the variables that name another repository than the host's, with untranslated messages.
  private func childCommand(_ program: SSHProgram, _ arguments: [String]) -> ChildCommand {
    var environment = environment
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
      environment[name] = nil
    }
    environment["LC_ALL"] = "C"
    environment["SSH_ASKPASS_REQUIRE"] = "never"
    environment["GIT_PROTOCOL"] = "version=2"
    return ChildCommand(
      path: program.path, arguments: arguments, environment: environment, encoding: PathText.bytes)
  }

  // MARK: Masters

  /// The socket of the host's master, which is started if there is none.
  private func masterPath(
    _ program: SSHProgram, _ alias: Alias, _ target: String, _ limits: WaitLimits
  ) throws -> String {
    let registration = limits.cancellation.onRaise { [masters] in masters.wakeAll() }
    defer { registration.remove() }
    // The outer nil is the deadline's, the inner one means that we are the ones to connect.
    let found: String?? = masters.wait(until: limits.deadline) { masters in
      if limits.cancellation.isRaised { return .some(nil) }
      if let path = masters.paths[alias], Self.answers(path) { return path }
      return masters.connecting.insert(alias).inserted ? .some(nil) : nil
    }
    guard let found else { throw ChildFailure.runTimedOut }
    if let found { return found }
    defer { masters.withLock { _ = $0.connecting.remove(alias) } }
    try limits.cancellation.check()
    let number = Self.count.add(1, ordering: .relaxed).newValue
    let path = try "\(Self.directory())/\(getpid())-\(number)"
    unlink(path)  // of a process that had our number and was killed
    try startMaster(program, alias, target, path, limits)
    masters.withLock { $0.paths[alias] = path }
    return path
  }

  /// Whether a master listens there.
  private static func answers(_ path: String) -> Bool {
    do {
      close(try SocketStream.connect(path: path))
      return true
    } catch {
      // One with a full queue is there too.
      guard error.code != EAGAIN else { return true }
      unlink(path)
      return false
    }
  }

  private func startMaster(
    _ program: SSHProgram, _ alias: Alias, _ target: String, _ path: String, _ limits: WaitLimits
  ) throws {
    let master = [
      "-M", "-N", "-f", "-o", "ControlPath=\(path)", "-o", "ControlPersist=\(Self.persistence)", "-o", "ForwardX11=no",
      "-o", "ForwardAgent=no", "-o", "ClearAllForwardings=yes",
    ]
    let arguments = program.arguments + options(alias) + Self.aliveOptions + master + ["--", target]
    // What leads to a host behind a jump host is a process of its own, and serves the master.
    let run = try ChildRun(childCommand(program, arguments), staysBehind: true, limits: limits)
    guard run.ending == .exited(0) else { throw SSHSystemFailure.notConnected(run.errorText, run.ending) }
  }

  /// Where the sockets are: a directory of this user's alone, with a name short enough for a socket's address.
  private static func directory() throws -> String {
    let path = "/tmp/remora-ssh-\(geteuid())"
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw ChildFailure.failed("make the directory '\(path)' for", errno)
    }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0
    else { throw SSHSystemFailure.unsupported("'\(path)' is not a directory of this user's alone; remove it") }
    return path
  }
}

/// A failure to use the system's ssh. The caller translates it into a `TransportError` of its operation.
enum SSHSystemFailure: Error {
  /// It is not installed.
  case missing
  /// It cannot read its configuration, in its words.
  case configuration(String)
  /// It cannot do what the address asks for.
  case unsupported(String)
  /// It did not get through to the host.
  case notConnected(ErrorText, Child.Ending?)
}
