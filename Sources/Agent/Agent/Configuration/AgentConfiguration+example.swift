extension AgentConfiguration {
  /// Returns an example configuration, which is valid once the files and directories that it names exist.
  package static func example(_ role: Role) -> String {
    switch role {
    case .primary: top("oslo", .primary) + primarySites + kinds(isPrimary: true) + settings
    case .secondary: top("berlin", .secondary) + secondarySites + kinds(isPrimary: false) + settings
    }
  }

  private static func top(_ name: String, _ role: Role) -> String {
    """
    # A \(role.rawValue) of Remora. Lines behind '#' show what else can be said, limits and times with their defaults.
    # 'remora config check FILE' names everything that is wrong with it.
    # Each key with a single value can come from the environment: trash.keep is REMORA_TRASH_KEEP.

    # Who this site is. Every site has a name of its own.
    site: { name: \(name), role: \(role.rawValue) }

    # The agent's own directory: registries, event log, sockets. Not within a root below.
    state: /var/lib/remora

    # API, event feed, Git, metrics and admin page. Beyond loopback it demands tls, or 'insecure: true'.
    listen: 127.0.0.1:7170
    # Reverse proxies in front of this agent, whose X-Forwarded-For is believed.
    # trusted_proxies: [127.0.0.1]
    # tls: { certificate_file: /etc/remora/tls.pem, key_file: /etc/remora/tls.key, ca_file: /etc/remora/ca.pem }

    # Tokens of users: each file holds one of at least 32 bytes, mode 0600.
    admin_token_file: /etc/remora/admin-token
    # reader_token_file: /etc/remora/reader-token


    """
  }

  private static let primarySites = """
    # The sites that may ask this one. Both hold the same secret: 'openssl rand -hex 32', mode 0600.
    secondaries:
      - { name: berlin, secret_file: /etc/remora/berlin.secret }

    # A group whose members' hooks may send events besides the agent's own user. They must be able to enter the state
    # directory; where systemd makes it, say StateDirectoryMode=0710 and Group= that group in the unit.
    # hook_group: www-data
    # Users whose repositories are read although they are not the agent's own.
    # trusted_owners: [git]


    """

  private static let secondarySites = """
    # Whom this site asks, and the secret that both hold, mode 0600.
    primary:
      url: "http://127.0.0.1:7170"
      secret_file: /etc/remora/berlin.secret

    # Credentials for the hosts that a clone_url names; without them those of the user who runs the agent.
    # The file holds that host's token, and none of this agent's: it is sent there.
    # sources: { tokens: [{ host: git.example.org, file: /etc/remora/git.example.org.token }] }

    # Whether users may fetch from the copies.
    # serve_git: false


    """

  private static func kinds(isPrimary: Bool) -> String {
    """
    # What is replicated. Patterns match names of directories below the root; those that begin with * want quotes.
    # \(isPrimary ? "A directory belongs to the first kind that includes it." : "Each kind has a root of its own.")
    replicables:
      project_repository:
        strategy: repository
        root: /srv/git
        # include: ["**"]
        # exclude: ["tmp/**"]
    \(isPrimary ? "" : """
        # selective_sync: { include: ["**"], exclude: [] }
        # clone_url: "https://git.example.org/{id}.git"

    """)  release_asset:
        strategy: blob
        root: /srv/assets


    """
  }

  private static let settings = """
    # limits: { repository_syncs: 4, blob_downloads: 4, verifications: 2 }
    # verification: { interval: 7d }
    # check: { interval: 30d }
    # history: { keep: 30d }
    # trash: { keep: 7d }
    # notify: { webhook: "https://chat.example.org/hook", after: 10m, lag: 15m }
    # log: { level: info }

    """
}
