import BoundedHTTP
import Synchronization
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
