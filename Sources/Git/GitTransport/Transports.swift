package import BoundedHTTP
internal import ChildProcess
internal import Foundation
internal import Synchronization
package import WorkerPool

/// Opens channels to sources, and keeps between them what makes the next one cheap: connections, and what servers said
/// about themselves. One for the process; ended by `shutdown`.
package final class Transports: Sendable {
  /// With more hosts than this in one process the oldest is forgotten and asked again.
  private static let rememberedOrigins = 10_000
  /// Waiting for a connection is bounded by time (the run's deadline); this only guards against a bug.
  private static let waitingLimit = 100_000

  /// More than a process can have descriptors for.
  private static let connectionsInAll = 100_000

  private struct Memory {
    var speaksVersion2: Set<HTTPOrigin> = []
    var asksForCredentials: Set<HTTPOrigin> = []
    var gates: [HTTPOrigin: AdmissionGate] = [:]
  }

  package let configuration: TransportConfiguration
  let client: BoundedHTTPClient
  let proxies: ProxyEnvironment
  let credentials: CredentialSources
  private let ssh: SSHGateway
  private let memory = Mutex(Memory())

  package init(configuration: TransportConfiguration) {
    self.configuration = configuration
    // The gate below counts the connections, per origin. The client's own queue fails by the connect timeout, so
    // nothing must wait in it: not behind a connection that is still on its way back into the pool, and not behind
    // other origins that are reached through the same proxy, which for the client is one host.
    client = BoundedHTTPClient(
      configuration: .init(
        connectTimeout: configuration.connectTimeout, caFile: configuration.caFile,
        connectionsPerHost: Self.connectionsInAll, clientCertificate: configuration.clientCertificate,
        decompressesAnswers: true))
    proxies = ProxyEnvironment(configuration.environment)
    let childEnvironment = ChildEnvironment.withoutSecrets(configuration.environment, tokens: configuration.tokens)
    credentials = CredentialSources(
      tokens: configuration.tokens, bearerTokenFile: configuration.bearerTokenFile, netrcFile: configuration.netrcFile,
      environment: configuration.environment,
      helpers: CredentialHelpers(
        gitExecutable: configuration.gitExecutable, environment: childEnvironment,
        prompt: configuration.prompt))
    ssh = SSHGateway(
      settings: configuration.ssh, environment: childEnvironment,
      connectTimeout: configuration.connectTimeout)
  }

  /// A way to the upload-pack service of `source`. Nothing is connected yet.
  /// - Parameters:
  ///   - cancellation: ends every wait of the channel with `Cancelled`.
  ///   - deadline: by which everything on this channel must be over.
  /// - Throws: `TransportError` for an address that its kind cannot carry.
  package func channel(
    for source: SourceURL, cancellation: CancellationFlag, deadline: Deadline
  ) throws -> any UploadPackChannel {
    switch source.kind {
    case .http, .https:
      return HTTPUploadPack(source: source, transports: self, cancellation: cancellation, deadline: deadline)
    case .ssh:
      return SSHUploadPack(
        source: source, gateway: ssh,
        limits: WaitLimits(silence: configuration.silenceTimeout, deadline: deadline, cancellation: cancellation))
    case .git:
      return try DaemonUploadPack(
        source: source, configuration: configuration, cancellation: cancellation, deadline: deadline)
    case .file(let path): return try localChannel(path, cancellation: cancellation, deadline: deadline)
    }
  }

  /// Closes all connections. Channels that are still in use fail.
  package func shutdown() async {
    await ssh.shutdown()
    await client.shutdown()
  }

  // MARK: What servers said about themselves

  func speaksVersion2(_ origin: HTTPOrigin) -> Bool { memory.withLock { $0.speaksVersion2.contains(origin) } }

  func noteVersion2(_ origin: HTTPOrigin) { memory.withLock { Self.insert(origin, into: &$0.speaksVersion2) } }

  /// True when the origin has asked for credentials before, and took what we sent.
  func asksForCredentials(_ origin: HTTPOrigin) -> Bool { memory.withLock { $0.asksForCredentials.contains(origin) } }

  func noteCredentialsTaken(_ origin: HTTPOrigin) {
    memory.withLock { Self.insert(origin, into: &$0.asksForCredentials) }
  }

  private static func insert(_ origin: HTTPOrigin, into origins: inout Set<HTTPOrigin>) {
    if origins.count >= rememberedOrigins { origins.removeAll() }
    origins.insert(origin)
  }

  /// Every request to the origin passes here.
  func gate(for origin: HTTPOrigin) -> AdmissionGate {
    memory.withLock { memory in
      if let gate = memory.gates[origin] { return gate }
      // Those who stand at a forgotten gate keep it until they are through.
      if memory.gates.count >= Self.rememberedOrigins { memory.gates.removeAll() }
      let gate = AdmissionGate(
        name: "connections to \(origin)", places: configuration.connectionsPerHost, waitingLimit: Self.waitingLimit)
      memory.gates[origin] = gate
      return gate
    }
  }
}

extension Transports {
  /// Whether a program is there to serve repositories of this machine.
  package var hasGit: Bool {
    ChildCommand.find(configuration.gitExecutable, in: configuration.environment) != nil
  }

  /// A child `git upload-pack` for a repository on this machine.
  func localChannel(
    _ path: String, cancellation: CancellationFlag, deadline: Deadline
  ) throws -> any UploadPackChannel {
    try LocalUploadPack(
      path: path, subject: path,
      settings: LocalUploadPack.Settings(
        gitExecutable: configuration.gitExecutable, environment: configuration.environment,
        silenceTimeout: configuration.silenceTimeout),
      cancellation: cancellation, deadline: deadline)
  }
}

/// How sources are reached, for the whole process. Every limit that a server can run into is here.
package struct TransportConfiguration: Sendable {
  /// From the first packet to the end of the TLS handshake.
  package var connectTimeout = Duration.seconds(30)
  /// How long a server may stay without a byte while we wait for one.
  package var silenceTimeout = Duration.seconds(60)
  /// PEM file with the certificates to trust in place of the system's.
  package var caFile: String?
  /// File that holds a token, sent as `Authorization: Bearer` to servers that require authentication.
  package var bearerTokenFile: String?
  /// Tokens of single hosts; they go before the one above.
  package var tokens: [HostToken] = []
  /// Shown to servers that ask for a certificate of ours.
  package var clientCertificate: HTTPClientCertificate?
  /// Asks at the terminal when no other source has credentials; `nil` for never.
  package var prompt: TerminalPrompt?
  /// Where logins and passwords per host are looked up; `nil` for nowhere. `~/.netrc` by default, need not exist.
  package var netrcFile: String?
  /// Asked before the files for what to send to the source's own origin, with each request anew. What it signs is sent as it is,
  /// not compressed.
  package var signer: (any RequestSigner)?
  /// Where proxies are looked up, and what a child `git` gets.
  package var environment: [String: String]
  /// Refs in one advertisement.
  package var maximumAdvertisedRefs = 5_000_000
  /// Bytes of one advertisement.
  package var maximumAdvertisementBytes = 1 << 30
  /// Bytes of one packfile.
  package var maximumPackBytes = 100 << 30
  /// How hosts are reached over SSH.
  package var ssh = SSHSettings()
  /// The program for local sources: a name to be found in PATH, or a path.
  package var gitExecutable = "git"
  /// HTTP connections to one host at a time; further requests wait, bounded by the whole run's deadline.
  package var connectionsPerHost = 8

  /// More than any answer that is within the limits above: pack bytes travel in packets with five bytes of frame, and
  /// with progress lines between them.
  var outermostBytes: Int {
    let pack = maximumPackBytes.addingReportingOverflow(maximumPackBytes / 16)
    let sum = pack.partialValue.addingReportingOverflow(maximumAdvertisementBytes)
    return pack.overflow || sum.overflow ? .max : sum.partialValue
  }

  /// The defaults, with proxies and home directory of `environment`.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.environment = environment
    netrcFile = environment["HOME"].map { "\($0)/.netrc" }
  }
}

/// The environment of a program that the user configured: `ssh`, a command in its place, a credential helper. It may
/// need any variable, so only secrets are removed.
enum ChildEnvironment {
  /// - Parameter tokens: those that are written in variables.
  static func withoutSecrets(_ environment: [String: String], tokens: [HostToken]) -> [String: String] {
    let names = Set(
      tokens.compactMap { token -> String? in
        if case .environment(let name) = token.place { name } else { nil }
      })
    return environment.filter { !names.contains($0.key) && !holdsPassword($0.value) }
  }

  /// Whether it is an address with a password, as the variables of proxies are.
  private static func holdsPassword(_ value: String) -> Bool {
    guard let scheme = value.firstRange(of: "://") else { return false }
    let authority = value[scheme.upperBound...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return false }
    return authority[..<at].contains(":")
  }
}
