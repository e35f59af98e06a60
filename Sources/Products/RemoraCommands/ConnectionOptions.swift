internal import ArgumentParser
internal import BoundedHTTP
internal import GitTransport
internal import SystemPackage

/// How sources are reached: shared by every command that does.
struct ConnectionOptions: ParsableArguments {
  @Option(help: "Trust the certificates of this PEM file instead of the system's.", completion: .file())
  var caFile: String?

  @Option(
    help: "Send the token in this file to servers that require authentication (Authorization: Bearer).",
    completion: .file())
  var bearerTokenFile: String?

  @Option(
    help: ArgumentHelp("Send the token in this file to this host; may be repeated.", valueName: "host=file"),
    transform: { try Self.token($0, HostToken.Place.file) })
  var hostTokenFile: [HostToken] = []

  @Option(
    help: ArgumentHelp("Send the token in this variable to this host; may be repeated.", valueName: "host=name"),
    transform: { try Self.token($0, HostToken.Place.environment) })
  var hostTokenEnv: [HostToken] = []

  @Option(
    help: ArgumentHelp("Show the certificate in this PEM file to servers that ask for one.", valueName: "file"),
    completion: .file())
  var clientCert: String?

  @Option(
    help: ArgumentHelp("The private key of that certificate, in a PEM file.", valueName: "file"), completion: .file())
  var clientKey: String?

  @Flag(help: "Ask at the terminal when a server requires a login and no other source has one.")
  var ask = false

  @Option(
    help: ArgumentHelp("Look up logins in this file instead of ~/.netrc.", valueName: "file"), completion: .file())
  var netrcFile: String?

  @Option(
    help: ArgumentHelp(
      "Who speaks SSH. Automatic: libssh2, or the program of GIT_SSH_COMMAND and core.sshCommand, or ssh where libssh2 cannot.",
      valueName: "automatic|libssh2|system"))
  var ssh: SSHSettings.Choice = .automatic

  @Option(
    help: ArgumentHelp("Use this private key, and no other; may be repeated.", valueName: "file"), completion: .file())
  var sshKey: [String] = []

  @Option(
    help: ArgumentHelp("Read the passphrase of the private keys from this file.", valueName: "file"),
    completion: .file())
  var sshPassphraseFile: String?

  @Option(
    help: ArgumentHelp("Know hosts by this file instead of the user's and the system's.", valueName: "file"),
    completion: .file())
  var sshKnownHosts: [String] = []

  @Option(
    help: ArgumentHelp("Read this file instead of ~/.ssh/config.", valueName: "file"), completion: .file())
  var sshConfig: String?

  @Option(help: ArgumentHelp("Give up connecting after this time.", valueName: "seconds"))
  var connectTimeout: Int = 30

  @Option(help: ArgumentHelp("Give up on a server that sends nothing for this time.", valueName: "seconds"))
  var silenceTimeout: Int = 60

  @Option(help: ArgumentHelp("Give up on a repository after this time.", valueName: "seconds"))
  var timeout: Int = 6 * 3600

  @Option(help: ArgumentHelp("Refuse a source that lists more refs.", valueName: "count"))
  var maxRefs: Int = 5_000_000

  @Option(help: ArgumentHelp("Refuse a ref listing longer than this.", valueName: "bytes"))
  var maxAdvertisementBytes: Int = 1 << 30

  @Option(help: ArgumentHelp("Refuse a pack longer than this.", valueName: "bytes"))
  var maxPackBytes: Int = 100 << 30

  mutating func validate() throws {
    let numbers = [connectTimeout, silenceTimeout, timeout, maxRefs, maxAdvertisementBytes, maxPackBytes]
    guard numbers.allSatisfy({ $0 > 0 }) else { throw ValidationError("timeouts and limits must be greater than 0") }
    guard (clientCert == nil) == (clientKey == nil) else {
      throw ValidationError("--client-cert and --client-key belong together")
    }
  }

  private static func token(_ text: String, _ place: (String) -> HostToken.Place) throws -> HostToken {
    guard let equals = text.firstIndex(of: "="), text[equals...].count > 1 else {
      throw ValidationError("'\(text)' is not HOST=WHERE")
    }
    do {
      return try HostToken(host: String(text[..<equals]), place: place(String(text[text.index(after: equals)...])))
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// - Parameter connections: to one host at a time.
  func transports(connections: Int = 8) -> Transports {
    var configuration = TransportConfiguration()
    configuration.caFile = caFile
    configuration.bearerTokenFile = bearerTokenFile
    configuration.tokens = hostTokenFile + hostTokenEnv
    if let clientCert, let clientKey {
      configuration.clientCertificate = HTTPClientCertificate(certificateFile: clientCert, keyFile: clientKey)
    }
    if ask { configuration.prompt = TerminalPrompt() }
    if let netrcFile { configuration.netrcFile = netrcFile }
    configuration.ssh.choice = ssh
    configuration.ssh.identityFiles = sshKey
    configuration.ssh.passphraseFile = sshPassphraseFile
    configuration.ssh.knownHostsFiles = sshKnownHosts
    configuration.ssh.configurationFile = sshConfig
    configuration.connectTimeout = .seconds(connectTimeout)
    configuration.silenceTimeout = .seconds(silenceTimeout)
    configuration.maximumAdvertisedRefs = maxRefs
    configuration.maximumAdvertisementBytes = maxAdvertisementBytes
    configuration.maximumPackBytes = maxPackBytes
    configuration.connectionsPerHost = max(connections, configuration.connectionsPerHost)
    return Transports(configuration: configuration)
  }
}

extension SSHSettings.Choice: ExpressibleByArgument {}
