import Foundation
import Glibc

/// gitolite3 as Debian packages it, behind a real sshd, with a home of its own: `alice` is its admin, owns `project` and may create
/// below `wild/`.
package final class GitoliteHost: Sendable {
  package let home: String
  package let server: SSHServer
  private let directory: String
  private let key: String
  private let knownHosts: String

  /// - Parameter directory: for its files; exists.
  package init(in directory: String) async throws {
    self.directory = directory
    home = "\(directory)/home"
    try FileManager.default.createDirectory(atPath: "\(directory)/sshd", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    key = "\(directory)/alice"
    try SSHServer.makeKey(.ed25519, at: key)
    var options = SSHServer.Options()
    // The first value of each counts: gitolite writes the keys, and finds itself by HOME.
    options.configuration = ["AuthorizedKeysFile \(home)/.ssh/authorized_keys", "SetEnv HOME=\(home) SHLVL=2"]
    server = try SSHServer(in: "\(directory)/sshd", options: options)
    knownHosts = try server.knownHosts()
    try await gitolite("setup", "-pk", "\(key).pub")
    try await git("clone", "-q", url("gitolite-admin"), "\(directory)/admin")
    let conf = """
      repo gitolite-admin
          RW+ = alice
      repo project
          RW+ = alice
      repo wild/..*
          C = alice
          RW+ = CREATOR
      """
    try Data((conf + "\n").utf8).write(to: URL(fileURLWithPath: "\(directory)/admin/conf/gitolite.conf"))
    try await git("-C", "\(directory)/admin", "commit", "-qam", "repositories")
    try await git("-C", "\(directory)/admin", "push", "-q", "origin", "HEAD:master")
  }

  /// Where it keeps its repositories.
  package var repositories: String { "\(home)/repositories" }

  package func url(_ repository: String) -> String {
    "ssh://\(SSHServer.user)@127.0.0.1:\(server.port)/\(repository)"
  }

  /// Writes the hook that every repository gets, and links it into those that are there.
  package func installCommonHook(_ text: String) async throws {
    let path = "\(home)/.gitolite/hooks/common/post-receive"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    guard chmod(path, 0o755) == 0 else { throw TestSupportError.systemCall("chmod", on: path, number: errno) }
    try await gitolite("setup", "--hooks-only")
  }

  /// Runs git as alice, over ssh.
  @discardableResult package func git(_ arguments: String...) async throws -> ProcessOutcome {
    var environment = ChildProcess.isolatedEnvironment()
    environment["GIT_SSH_COMMAND"] =
      "ssh -F /dev/null -i '\(key)' -o IdentitiesOnly=yes -o UserKnownHostsFile='\(knownHosts)'"
    for name in ["AUTHOR", "COMMITTER"] {
      environment["GIT_\(name)_NAME"] = "Alice"
      environment["GIT_\(name)_EMAIL"] = "alice@example.org"
    }
    let outcome = try await ChildProcess("git", arguments, environment: environment).outcome()
    guard outcome.isSuccess else {
      throw TestSupportError("git \(arguments): \(outcome.errorText) \(server.log.suffix(500))")
    }
    return outcome
  }

  private func gitolite(_ arguments: String...) async throws {
    var environment = ChildProcess.isolatedEnvironment()
    environment["HOME"] = home
    environment["USER"] = SSHServer.user
    let outcome = try await ChildProcess(
      "gitolite", arguments, environment: environment, directory: home
    ).outcome()
    guard outcome.isSuccess else { throw TestSupportError("gitolite \(arguments): \(outcome.errorText)") }
  }

  package func stop() { server.stop() }
}
