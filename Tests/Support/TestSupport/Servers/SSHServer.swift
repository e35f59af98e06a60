import Foundation
import Glibc

/// The real `sshd` on 127.0.0.1, with a configuration, keys and known hosts of its own.
package final class SSHServer: Sendable {
  /// Kinds of keys, as `ssh-keygen -t` names them.
  package enum KeyType: String, Sendable, CaseIterable {
    case ed25519, ecdsa, rsa
  }

  package struct Options: Sendable {
    /// The keys that the host shows.
    package var hostKeys: [KeyType] = [.ed25519]
    /// Without it git's version 2 cannot be asked for.
    package var acceptsGitProtocol = true
    /// More lines of sshd_config(5).
    package var configuration: [String] = []
    package init() {}
  }

  package let port: UInt16
  package let directory: String
  private let leash: Leash

  /// Serves each client that has one of the keys that `authorize` has noted.
  ///
  /// - Parameter directory: for its files; exists.
  package init(in directory: String, options: Options = Options()) throws {
    self.directory = directory
    // sshd locks itself up there between two logins, and does not start without it.
    if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
    for type in options.hostKeys { try Self.makeKey(type, at: "\(directory)/host_\(type.rawValue)") }
    try Data().write(to: URL(fileURLWithPath: "\(directory)/authorized_keys"))
    var lines = options.configuration
    lines += options.hostKeys.map { "HostKey \(directory)/host_\($0.rawValue)" }
    if options.acceptsGitProtocol { lines.append("AcceptEnv GIT_PROTOCOL") }
    lines += [
      "AuthorizedKeysFile \(directory)/authorized_keys", "StrictModes no", "UsePAM no", "PidFile none",
      "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password",
      "LogLevel VERBOSE", "MaxStartups 100", "PrintMotd no",
      // bash reads ~/.bashrc for every command of sshd's, unless it is the shell of a shell.
      "SetEnv SHLVL=2",
    ]
    let configuration = "\(directory)/sshd_config"
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: configuration))
    for _ in 0..<8 {
      let port = try LoopbackSocket.unusedPort()
      let leash = try Leash(
        ["/usr/sbin/sshd -D -e -f '\(configuration)' -o ListenAddress=127.0.0.1 -o Port=\(port)"],
        environment: ChildProcess.isolatedEnvironment(), directory: directory, descriptors: [])
      if Self.waitUntilListening(port, leash) {
        self.port = port
        self.leash = leash
        return
      }
      let errors = leash.errors
      leash.stop()
      guard errors.contains("Address already in use") else { throw TestSupportError("sshd did not start: \(errors)") }
    }
    throw TestSupportError("sshd found no port")
  }

  deinit { leash.stop() }

  package func stop() { leash.stop() }

  /// The user that runs the tests; the host lets no other user in.
  package static var user: String { NSUserName() }

  /// Returns the URL of a repository, by its absolute path.
  package func url(_ path: String, user: String = SSHServer.user) -> String {
    "ssh://\(user)@127.0.0.1:\(port)\(path)"
  }

  /// Makes a key pair and returns the private key's path.
  ///
  /// - Parameter isAuthorized: whether the host takes it.
  package func clientKey(_ type: KeyType, isAuthorized: Bool = true, passphrase: String = "") throws -> String {
    let path = "\(directory)/client_\(type.rawValue)_\(UInt32.random(in: 0...UInt32.max))"
    try Self.makeKey(type, at: path, passphrase: passphrase)
    if isAuthorized {
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(directory)/authorized_keys"))
      try file.seekToEnd()
      try file.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: path + ".pub")))
      try file.close()
    }
    return path
  }

  /// Returns the lines of a file of known hosts that have this host.
  ///
  /// - Parameter host: its name in the address.
  package func knownHostsLines(_ types: [KeyType]? = nil, host: String = "127.0.0.1") throws -> [String] {
    let files = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    return try files.filter { name in
      guard name.hasPrefix("host_"), name.hasSuffix(".pub") else { return false }
      return types?.contains { name == "host_\($0.rawValue).pub" } ?? true
    }.map { name in
      let fields = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8).split(separator: " ")
      return "[\(host)]:\(port) \(fields[0]) \(fields[1])"
    }
  }

  /// Writes a file of known hosts and returns its path.
  package func knownHosts(_ lines: [String]? = nil) throws -> String {
    let path = "\(directory)/known_hosts_\(UInt32.random(in: 0...UInt32.max))"
    let text = try (lines ?? knownHostsLines()).joined(separator: "\n") + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// The number of connections, and of successful authentications.
  package var connections: (made: Int, believed: Int) {
    let lines = leash.errors.split(whereSeparator: \.isNewline)
    return (lines.count { $0.hasPrefix("Connection from") }, lines.count { $0.hasPrefix("Accepted publickey for ") })
  }

  package var log: String { leash.errors }

  /// Returns false when sshd has not said it within twenty seconds.
  package func waitUntil(logged text: String) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if log.contains(text) { return true }
      poll(nil, 0, 10)
    }
    return false
  }

  package static func makeKey(_ type: KeyType, at path: String, passphrase: String = "") throws {
    let outcome =
      try ChildProcess(
        "ssh-keygen", ["-q", "-t", type.rawValue, "-N", passphrase, "-C", "", "-f", path]
      ).outcome() as ProcessOutcome
    guard outcome.isSuccess else { throw TestSupportError("ssh-keygen: \(outcome.errorText)") }
  }

  private static func waitUntilListening(_ port: UInt16, _ leash: Leash) -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end, leash.isRunning {
      if leash.errors.contains("Server listening on") { return true }
      poll(nil, 0, 2)
    }
    return false
  }
}
