import Foundation
import GitTransport
import TestSupport
import WorkerPool

/// A real `sshd`, a repository on it, and a user with a configuration of its own.
struct SSHFixture: Sendable {
  let directory: TemporaryDirectory
  let server: SSHServer
  let repository: TestRepository
  var channel = HTTPChannel()

  /// - Parameter key: of the user; `nil` for a user without keys.
  init(
    _ directory: TemporaryDirectory, _ options: SSHServer.Options = SSHServer.Options(),
    key: SSHServer.KeyType? = .ed25519
  ) throws {
    self.directory = directory
    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commits(3)[2])
    repository = try builder.build(at: directory.path("r.git"))
    try FileManager.default.createDirectory(atPath: directory.path("sshd"), withIntermediateDirectories: true)
    server = try SSHServer(in: directory.path("sshd"), options: options)
    channel.configuration.environment = ChildProcess.isolatedEnvironment()
    channel.configuration.environment["SSH_AUTH_SOCK"] = nil
    // The user that runs the tests may have settings, keys and known hosts: none of them count here.
    channel.configuration.ssh.configurationFile = "/dev/null"
    channel.configuration.ssh.knownHostsFiles = [try server.knownHosts()]
    channel.configuration.ssh.identityFiles = [directory.path("no-key")]
    if let key { channel.configuration.ssh.identityFiles = [try server.clientKey(key)] }
  }

  var url: String { server.url(directory.path("r.git")) }

  /// Returns what the source lists, by transports that end afterwards.
  func list(_ url: String? = nil) async throws -> RemoteListing {
    try await channel.withTransports { try list(url, by: $0) }
  }

  func list(_ url: String? = nil, by transports: Transports) throws -> RemoteListing {
    try channel.listing(url ?? self.url, by: transports)
  }

  /// Returns the error of listing; throws when there is none, or another kind.
  func failure(_ url: String? = nil) async throws -> TransportError {
    do {
      _ = try await list(url)
    } catch let error as TransportError {
      return error
    }
    throw TestSupportError("there was a listing of \(url ?? self.url)")
  }
}
