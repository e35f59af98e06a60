/// The user's settings for SSH. ssh_config(5) gives the missing ones, where ssh is installed.
package struct SSHSettings: Hashable, Sendable {
  /// Who speaks the protocol.
  package enum Choice: String, Sendable, CaseIterable {
    /// libssh2, unless the environment or git's configuration names a command, or the host needs what libssh2 cannot
    /// do.
    case automatic
    /// libssh2 and nothing else.
    case libssh2
    /// The system's `ssh`, or the command that the environment or git's configuration names.
    case system
  }

  package var choice = Choice.automatic
  /// Read in place of `~/.ssh/config` and `/etc/ssh/ssh_config`.
  package var configurationFile: String?
  /// Keys to use in place of those that the configuration names; the agent is asked for these only.
  package var identityFiles: [String] = []
  /// Files of known hosts in place of the user's and the system's.
  package var knownHostsFiles: [String] = []
  /// File with the passphrase of the key files.
  package var passphraseFile: String?
  /// How long an idle session is kept for the next repository of its host.
  package var idleTimeout = Duration.seconds(60)

  package init() {}
}
