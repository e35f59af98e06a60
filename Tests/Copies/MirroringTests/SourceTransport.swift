import GitTransport
import Synchronization
import TestSupport
import Testing

/// The ways in which a test reaches its source.
enum SourceTransport: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case path
  case pathWithoutGit = "path, without git"
  case daemon = "git://"
  case ssh = "ssh://"
  case httpVersion2 = "http, version 2"
  case httpVersion0 = "http, version 0"

  var testDescription: String { rawValue }

  /// Version 0 has no words for a HEAD without a commit.
  var tellsUnbornHead: Bool { speaksVersion2 }

  var speaksVersion2: Bool { self != .httpVersion0 }

  /// Whether only the protocol reports the source's state, and no file of it can be read.
  var isFarAway: Bool { self != .path && self != .pathWithoutGit }

  /// Those that speak version 2.
  static let version2 = allCases.filter(\.speaksVersion2)
}

/// Gives repositories below its root URLs.
protocol RepositoryServer: AnyObject, Sendable {
  func url(_ repository: String) -> String
  /// Accepts any client with this configuration.
  func configure(_ configuration: inout TransportConfiguration)
  /// Returns the environment that gives git access.
  func gitEnvironment() -> [String: String]
}

extension RepositoryServer {
  func configure(_ configuration: inout TransportConfiguration) {}
  func gitEnvironment() -> [String: String] { [:] }
}

extension GitHTTPServer: RepositoryServer {}
extension GitDaemon: RepositoryServer {}

/// An `sshd` whose repositories are those below a root.
private final class SSHRepositories: RepositoryServer {
  let root: String
  let server: SSHServer
  private let directory: TemporaryDirectory
  private let knownHosts: String
  private let key: String

  init(root: String) throws {
    self.root = root
    directory = try TemporaryDirectory("sshd")
    server = try SSHServer(in: directory.path)
    knownHosts = try server.knownHosts()
    key = try server.clientKey(.ed25519)
  }

  func url(_ repository: String) -> String { server.url("\(root)/\(repository)") }

  func configure(_ configuration: inout TransportConfiguration) {
    configuration.ssh.configurationFile = "/dev/null"
    configuration.ssh.knownHostsFiles = [knownHosts]
    configuration.ssh.identityFiles = [key]
  }

  func gitEnvironment() -> [String: String] {
    ["GIT_SSH_COMMAND": "ssh -F /dev/null -o UserKnownHostsFile='\(knownHosts)' -o IdentitiesOnly=yes -i '\(key)'"]
  }
}

/// The Git servers that tests share: starting nginx for each would cost more than the tests. One a transport lives as long as any
/// test holds it.
enum SharedServers {
  private struct Running {
    weak var server: (any RepositoryServer)?
  }

  private static let servers = Mutex<[SourceTransport: Running]>([:])

  /// - Parameter root: the directory of all temporary directories; the same for every caller.
  /// - Returns: `nil` for a transport that needs none.
  static func server(for transport: SourceTransport, root: String) throws -> (any RepositoryServer)? {
    try servers.withLock { servers in
      if let running = servers[transport]?.server { return running }
      let started = try start(transport, root)
      servers[transport] = Running(server: started)
      return started
    }
  }

  private static func start(_ transport: SourceTransport, _ root: String) throws -> (any RepositoryServer)? {
    var options = GitHTTPServer.Options()
    switch transport {
    case .path, .pathWithoutGit: return nil
    case .daemon: return try GitDaemon(root: root)
    case .ssh: return try SSHRepositories(root: root)
    case .httpVersion2: break
    case .httpVersion0: options.forcesVersion0 = true
    }
    return try GitHTTPServer(root: root, options: options)
  }
}
