/// How one host is reached by one user, after all that ssh_config(5) says of it.
struct SSHHostConfiguration: Sendable, Hashable {
  /// Whom an address means, in its own words.
  struct Alias: Sendable, Hashable {
    let host: String
    let port: Int?
    let user: String?
  }

  var hostName: String
  var port: Int
  var user: String
  /// How the files of known hosts name it.
  var knownName: String
  var identityFiles: [String]
  /// The agent is asked for the keys of the files only.
  var isLimitedToIdentityFiles: Bool
  /// The agent's socket; `nil` for none.
  var agentSocket: String?
  var knownHostsFiles: [String]
  /// Settings that only the system's ssh can follow: "proxyjump", "certificatefile" …
  var beyondLibssh2: [String]

  /// Returns the defaults for a host without configuration.
  ///
  /// - Parameter person: the user of this process.
  init(_ alias: Alias, person: Person, environment: [String: String]) {
    hostName = alias.host
    port = alias.port ?? 22
    user = alias.user ?? person.name
    knownName = KnownHosts.lookupName(host: alias.host, port: alias.port ?? 22)
    identityFiles = ["id_ecdsa", "id_ed25519", "id_rsa"].map { "\(person.home)/.ssh/\($0)" }
    isLimitedToIdentityFiles = false
    agentSocket = environment["SSH_AUTH_SOCK"]
    knownHostsFiles = ["\(person.home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"]
    beyondLibssh2 = []
  }
}
