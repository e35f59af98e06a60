import Glibc

/// A real `ssh-agent`.
package final class SSHAgentProcess: Sendable {
  package let socket: String
  private let process: ChildProcess

  /// - Parameter directory: for its socket.
  package init(in directory: String) throws {
    socket = "\(directory)/agent"
    process = try ChildProcess("ssh-agent", ["-D", "-a", socket])
    let end = ContinuousClock.now + .seconds(30)
    while access(socket, F_OK) != 0 {
      guard ContinuousClock.now < end else { throw TestSupportError("ssh-agent did not start") }
      poll(nil, 0, 2)
    }
  }

  deinit { process.send(signal: SIGTERM) }

  package func stop() { process.send(signal: SIGTERM) }

  package func add(_ key: String) throws { try run(["-q", key]) }

  package func removeAll() throws { try run(["-q", "-D"]) }

  private func run(_ arguments: [String]) throws {
    var environment = ChildProcess.isolatedEnvironment()
    environment["SSH_AUTH_SOCK"] = socket
    let outcome = try ChildProcess("ssh-add", arguments, environment: environment).outcome() as ProcessOutcome
    guard outcome.isSuccess else { throw TestSupportError("ssh-add: \(outcome.errorText)") }
  }
}
