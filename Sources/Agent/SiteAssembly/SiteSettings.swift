package import BoundedHTTP
package import EventLog
package import GitTransport

/// The bounds and the identity of a site's transfers, each with its default.
package struct SiteSettings: Sendable {
  /// The bounds of one transfer.
  package var transfers = TransferLimits()
  /// Credentials for source hosts.
  package var credentials = SourceCredentials()
  /// PEM file with the certificates to trust in place of the system's.
  package var caFile: String?
  /// Signs requests to the primary; `nil` where it does not ask which site sends them.
  package var signer: (any RequestSigner)?
  /// Threads for syncs, readings and listings.
  package var jobThreads = 8
  /// Connections of Git transfers to one host at a time.
  package var connectionsPerHost = 8
  /// How long copies keep what refs have dropped.
  package var historyAge = Duration.seconds(30 * 86_400)
  /// What the event log keeps of what not all secondaries have read.
  package var retention = EventLogSettings.Retention()

  /// The defaults.
  package init() {}
}

/// Bounds of the transfers of a site, each with its default.
package struct TransferLimits: Hashable, Sendable {
  /// From the first packet to the end of the TLS handshake.
  package var connect = Duration.seconds(30)
  /// How long a host may move no byte.
  package var silence = Duration.seconds(60)
  /// One whole sync.
  package var run = Duration.seconds(6 * 3_600)
  /// Refs in one listing.
  package var advertisedRefs = 5_000_000
  /// Bytes of one listing.
  package var advertisementBytes = 1 << 30
  /// Bytes of one packfile.
  package var packBytes = 100 << 30
  /// Objects of one packfile.
  package var packObjects = 50_000_000
  /// Bytes of one file.
  package var blobBytes: UInt64 = 1 << 40
  /// Bytes that must stay free on the disk of the copies.
  package var freeBytesToKeep: UInt64 = 64 << 20

  /// The defaults.
  package init() {}
}

/// Credentials for source hosts: what a secondary sends to hosts that are not its primary. Names of files, never a
/// secret.
package struct SourceCredentials: Hashable, Sendable {
  /// A token for one host, and where it is stored.
  package typealias Token = HostToken

  /// Who speaks SSH.
  package enum SSHClient: String, Hashable, Sendable, CaseIterable {
    /// libssh2, unless the environment or git's configuration names a command, or the host needs what libssh2 lacks.
    case automatic
    /// libssh2 and nothing else.
    case libssh2
    /// The system's `ssh`, or the command that the environment or git's configuration names.
    case system
  }

  /// How hosts are reached over SSH; ssh_config(5) gives the missing values.
  package struct SSH: Hashable, Sendable {
    /// `sources.ssh.client`.
    package var client = SSHClient.automatic
    /// `sources.ssh.keys`: in place of those that the configuration of ssh names.
    package var keyFiles: [String] = []
    /// `sources.ssh.passphrase_file`: of the key files.
    package var passphraseFile: String?
    /// `sources.ssh.known_hosts`, in place of the user's and the system's.
    package var knownHostsFiles: [String] = []
    /// `sources.ssh.config_file`, in place of `~/.ssh/config` and `/etc/ssh/ssh_config`.
    package var configurationFile: String?

    /// The settings of the user who runs the process.
    package init() {}
  }

  /// `sources.tokens`: read anew when a host asks.
  package private(set) var tokens: [Token] = []
  /// `sources.netrc_file`, in place of `~/.netrc`.
  package var netrcFile: String?
  /// `sources.certificate_file`: sent to hosts that ask for one; with its key or not at all.
  package var certificateFile: String?
  /// `sources.key_file`.
  package var keyFile: String?
  /// `sources.ssh`.
  package var ssh = SSH()

  /// Only the credentials of the user who runs the process.
  package init() {}

  /// Where a token is stored.
  package enum Place: Hashable, Sendable {
    /// A file.
    case file(String)
    /// The name of a variable of the environment.
    case environment(String)
  }

  /// Adds the token of a host.
  ///
  /// - Parameter host: as in an address, with or without a port.
  /// - Throws: `TransportError` (invalid_url) for an invalid host.
  package mutating func addToken(of host: String, in place: Place) throws {
    let place: Token.Place =
      switch place {
      case .file(let path): .file(path)
      case .environment(let name): .environment(name)
      }
    tokens.append(try Token(host: host, place: place))
  }

  /// Adds them to the configuration of transports.
  func configure(_ configuration: inout TransportConfiguration) {
    configuration.tokens = tokens
    if let netrcFile { configuration.netrcFile = netrcFile }
    if let certificateFile, let keyFile {
      configuration.clientCertificate = HTTPClientCertificate(certificateFile: certificateFile, keyFile: keyFile)
    }
    configuration.ssh.choice =
      switch ssh.client {
      case .automatic: .automatic
      case .libssh2: .libssh2
      case .system: .system
      }
    configuration.ssh.identityFiles = ssh.keyFiles
    configuration.ssh.passphraseFile = ssh.passphraseFile
    configuration.ssh.knownHostsFiles = ssh.knownHostsFiles
    configuration.ssh.configurationFile = ssh.configurationFile
  }
}
