package import Agent
internal import AgentAPI
internal import Foundation
internal import NIOCore
package import NIOSSL
package import Replication
internal import SiteTokens
internal import Synchronization

/// The settings of an agent's listeners.
package struct AgentListeners: Sendable {
  /// The host of the network listener.
  package var host: String
  /// Its port; 0 takes a free one.
  package var port: Int
  /// The certificate of the network listener; `nil` is plain HTTP.
  package var tls: ServerCertificate?
  /// The access control of the network listener.
  package var access: AccessControl
  /// Whether repositories and files are served to readers, and not only to sites.
  package var servesReaders: Bool
  /// The numbers of users whose repositories are served in addition to those of the agent's user.
  package var trustedOwners: Set<UInt32> = []
  /// What readers may fetch of a kind; by default all of it.
  package var serving: [String: AgentConfiguration.Serving] = [:]
  /// Whose webhook deliveries are accepted, by kind.
  package var webhooks: [String: WebhookDoor] = [:]
  /// Sites that were configured at the start: others have access only after a restart.
  var sites: Set<SiteName> = []
  /// Group whose members may use the socket of events; `nil` is none.
  package var hookGroup: String?
  /// Maximum concurrent connections; later ones wait.
  package var maximumConnections = 1_024
  /// Maximum concurrent connections of one client; more are closed.
  package var connectionsOfClient = 256
  /// Requests of one asker in a second.
  package var requestsPerSecond = 2_000
  /// Wrong tokens of readers and admins by one client in a minute, until it is answered 429.
  package var wrongTokensPerMinute = 5
  /// The same of sites, and of signatures.
  package var refusalsPerMinute = 1_200
  /// Bytes of all bodies together that are kept in memory while they are received.
  package var requestMemory = 128 << 20
  /// Bytes of all requests of git clients together that are kept on disk.
  package var requestSpool = 2 << 30
  /// Maximum concurrent `git upload-pack`, of all clients and of one.
  package var uploadPacks = (all: 8, asker: 4)
  /// How long an event stream lasts.
  package var streamLifetime = Duration.seconds(600)
  /// Bytes a second that a client of a repository or a file must read at least; 0 is any.
  package var minimumRate = 1 << 10
  /// Maximum bytes of a request's body, except git's.
  package var bodyBytes = BodyLimit.values

  /// Creates listeners with defaults for all other values.
  package init(host: String = "127.0.0.1", port: Int = 7_170, access: AccessControl, servesReaders: Bool) {
    self.host = host
    self.port = port
    self.access = access
    self.servesReaders = servesReaders
  }

  /// Creates the listeners' settings of a configuration.
  ///
  /// - Parameter now: this site's clock, for the tokens of others.
  /// - Throws: `SecretFileError`, `ReplicationError.invalidConfiguration` for an unknown user, and errors of reading
  ///   certificates.
  package init(_ configuration: AgentConfiguration, epoch: SiteEpoch, now: @escaping @Sendable () -> Timestamp)
    async throws
  {
    let listen = configuration.listen
    var (verifier, sites) = (SiteTokenVerifier?.none, Set<SiteName>())
    if configuration.siteRole(epoch.record).isPrimary {
      let secrets = try configuration.siteSecrets(epoch.record)
      verifier = await SiteTokenVerifier(audience: configuration.name, sites: secrets)
      sites = Set(secrets.keys)
    }
    let access = AccessControl(
      verifier: verifier, persons: try configuration.personTokens(), hosts: Self.hosts(configuration),
      trustsLoopback: listen.isLoopback,
      trustedProxies: configuration.trustedProxies, publicURL: configuration.url,
      isSecure: configuration.tls.certificateFile != nil, epoch: epoch
    ) { Date(timeIntervalSince1970: now().secondsSince1970) }
    self.init(host: listen.host, port: listen.port, access: access, servesReaders: configuration.servesGit)
    self.sites = sites
    if let certificate = configuration.tls.certificateFile, let key = configuration.tls.keyFile {
      tls = try ServerCertificate(certificateFile: certificate, keyFile: key)
    }
    trustedOwners = Set(try configuration.trustedOwners.map(Self.number(ofUser:)))
    serving = Dictionary(
      uniqueKeysWithValues: configuration.kinds.compactMap { kind in
        kind.serving.map { (kind.kind.name.text, $0) }
      })
    webhooks = try configuration.webhookDoors()
    hookGroup = configuration.hookGroup
    take(configuration.limits)
  }

  private mutating func take(_ limits: AgentConfiguration.Limits) {
    maximumConnections = limits.connections
    connectionsOfClient = limits.connectionsOfClient
    requestsPerSecond = limits.requestsPerSecond
    wrongTokensPerMinute = limits.wrongTokensPerMinute
    refusalsPerMinute = limits.refusalsPerMinute
    bodyBytes = Int(clamping: limits.requestBytes)
    requestMemory = Int(clamping: limits.requestMemory)
    requestSpool = Int(clamping: limits.requestSpool)
    uploadPacks = (all: limits.uploadPacks, asker: limits.uploadPacksOfAsker)
    minimumRate = Int(clamping: limits.minimumRate)
  }

  /// Returns the allowed Host headers. A wildcard address has no name: then only configured names are allowed, or
  /// without any, all.
  private static func hosts(_ configuration: AgentConfiguration) -> Set<String> {
    let listen = configuration.listen
    var names = Set(configuration.hosts.map { $0.lowercased() })
    if listen.host == "0.0.0.0" || listen.host == "::" { return names }
    names.insert(listen.host.contains(":") ? "[\(listen.host.lowercased())]" : listen.host.lowercased())
    if listen.isLoopback { names.formUnion(["localhost", "127.0.0.1", "[::1]"]) }
    return names
  }

  private static func number(ofUser name: String) throws -> UInt32 {
    if let number = UInt32(name) { return number }
    guard let user = getpwnam(name) else {
      throw ReplicationError.invalidConfiguration("trusted_owners: there is no user '\(name)'")
    }
    return user.pointee.pw_uid
  }
}

extension AgentConfiguration {
  /// - Throws: `SecretFileError`.
  func siteSecrets(_ record: EpochRecord) throws -> [SiteName: SiteSecret] {
    var secrets = Dictionary(
      uniqueKeysWithValues: try secondaries.map { ($0.name, try SiteSecret(file: $0.secretFile)) })
    if siteRole(record) == .promoted, let primary, let name = formerName(record).flatMap({ SiteName($0) }) {
      secrets[name] = try SiteSecret(file: primary.secretFile)
    }
    return secrets
  }

  /// - Throws: `SecretFileError`.
  func webhookDoors() throws -> [String: WebhookDoor] {
    var doors: [String: WebhookDoor] = [:]
    for kind in kinds {
      guard let webhook = kind.webhook else { continue }
      doors[kind.kind.name.text] = WebhookDoor(
        mapping: webhook.mapping, secret: try WebhookSecret(file: webhook.secretFile))
    }
    return doors
  }

  /// - Throws: `SecretFileError`.
  func personTokens() throws -> PersonTokens {
    try PersonTokens(adminFile: adminTokenFile, readerFile: readerTokenFile, named: try TokenFile(state: state).read())
  }
}

/// The certificate and key of an agent, read at the start and again at each SIGHUP, for later handshakes.
package final class ServerCertificate: Sendable {
  /// The content of the two files.
  struct Content: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
  }

  private let certificateFile: String
  private let keyFile: String
  private let content: Mutex<Content>

  /// - Throws: `AgentFault` for a file without PEM.
  package init(certificateFile: String, keyFile: String) throws {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    content = Mutex(try Self.read(certificateFile, keyFile))
  }

  /// The listener's configuration: each handshake uses the present certificate.
  package var configuration: TLSConfiguration {
    let start = content.withLock { $0 }
    var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: start.chain, privateKey: start.key)
    configuration.minimumTLSVersion = .tlsv12
    configuration.sslContextCallback = { [self] _, promise in
      let now = content.withLock { $0 }
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = now.chain
      override.privateKey = now.key
      promise.succeed(override)
    }
    return configuration
  }

  /// Reads both files; `take` applies their content.
  ///
  /// - Throws: `AgentFault` for files that cannot be read, or whose certificate is not the key's.
  func reread() throws -> Content {
    let content = try Self.read(certificateFile, keyFile)
    // With a mismatching pair every later handshake would fail.
    let trial = TLSConfiguration.makeServerConfiguration(certificateChain: content.chain, privateKey: content.key)
    do {
      _ = try NIOSSLContext(configuration: trial)
    } catch {
      throw AgentFault(
        500, "certificate", "use the certificate '\(certificateFile)': it is not that of the key '\(keyFile)'",
        hint: "write both files, then reload")
    }
    return content
  }

  func take(_ content: Content) { self.content.withLock { $0 = content } }

  private static func read(_ certificateFile: String, _ keyFile: String) throws -> Content {
    func fault(_ file: String, _ what: String) -> AgentFault {
      AgentFault(
        500, "certificate", "read '\(file)': it does not exist, cannot be read or holds no PEM \(what)",
        hint: "make it, or correct 'tls'")
    }
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    // The library's error ("failedToLoadCertificate") adds nothing to this.
    do { chain = try NIOSSLCertificate.fromPEMFile(certificateFile) } catch {
      throw fault(certificateFile, "certificate")
    }
    do { key = try NIOSSLPrivateKey(file: keyFile, format: .pem) } catch { throw fault(keyFile, "private key") }
    guard !chain.isEmpty else { throw fault(certificateFile, "certificate") }
    return Content(chain: chain.map { .certificate($0) }, key: .privateKey(key))
  }
}
