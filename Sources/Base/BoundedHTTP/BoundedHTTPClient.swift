internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOSSL
internal import Synchronization

/// HTTP/1.1 exchanges that always end: with an answer, by a limit, or by cancellation in well under 100 ms.
///
/// Connections are pooled and kept alive. Redirects are answers like others, nothing is retried, no environment is
/// read: the caller decides all that.
package final class BoundedHTTPClient: Sendable {
  /// What all exchanges of a client share.
  package struct Configuration: Sendable, Hashable {
    /// From the first packet to the end of the TLS handshake.
    package var connectTimeout: Duration
    /// PEM file with the certificates to trust in place of the system's.
    package var caFile: String?
    /// How long an idle connection is kept.
    package var idleTimeout: Duration
    /// Connections to one host at a time; an exchange beyond them waits, and that wait counts as connecting.
    package var connectionsPerHost: Int
    /// Shown to servers that ask for one; `nil` for none.
    package var clientCertificate: HTTPClientCertificate?
    /// Asks for compressed answers and decompresses them. One read from the socket may grow a thousandfold before any
    /// limit applies, so only for answers that are worth it: ref listings. A body is otherwise returned as it was sent,
    /// which is also what a copy of a file needs.
    package var decompressesAnswers: Bool

    package init(
      connectTimeout: Duration = .seconds(30), caFile: String? = nil, idleTimeout: Duration = .seconds(60),
      connectionsPerHost: Int = 64, clientCertificate: HTTPClientCertificate? = nil, decompressesAnswers: Bool = false
    ) {
      self.connectTimeout = connectTimeout
      self.caFile = caFile
      self.idleTimeout = idleTimeout
      self.connectionsPerHost = connectionsPerHost
      self.clientCertificate = clientCertificate
      self.decompressesAnswers = decompressesAnswers
    }
  }

  /// The most that a compressed answer may grow when unpacked. Ref listings reach 30; a bomb reaches 1000.
  private static let decompressionRatio = 200

  private let configuration: Configuration
  /// `nil` after the shutdown.
  private let clients = Mutex<[Route: HTTPClient]?>([:])
  private let relays: SOCKSRelays

  package init(configuration: Configuration = Configuration()) {
    self.configuration = configuration
    relays = SOCKSRelays(timeout: configuration.connectTimeout)
  }

  deinit { Self.end(clients.withLock { $0 ?? [:] }.values) {} }

  /// Closes all connections. Exchanges that run fail, later ones are refused.
  ///
  /// Returns within a second: a connection that is just being made is only closed when that has succeeded or failed,
  /// and that is not waited for.
  package func shutdown() async {
    let last = clients.withLock { clients in
      defer { clients = nil }
      return clients ?? [:]
    }
    let (endings, continuation) = AsyncStream<Void>.makeStream()
    Self.end(last.values) { continuation.yield() }
    let timer = Task {
      // When it is cancelled the stream is not read any more.
      try? await Task.sleep(for: .seconds(1))
      continuation.finish()
    }
    for await _ in endings.prefix(last.count) {}
    timer.cancel()
  }

  /// AsyncHTTPClient stops the program when a client is dropped that was not shut down; the closure keeps it until
  /// then.
  private static func end(_ clients: some Sequence<HTTPClient>, _ done: @escaping @Sendable () -> Void) {
    for client in clients {
      client.shutdown { _ in withExtendedLifetime(client) { done() } }
    }
  }

  /// Sends a request and calls `body` with the answer as soon as its head is there. The body of the answer is read in
  /// `body`, or dropped (and its connection with it) when that returns early.
  ///
  /// `body` runs in a child task that is cancelled when a limit is passed: what else it waits for must end then.
  /// - Throws: what `body` throws, or `HTTPFailure`.
  package func exchange<Result: Sendable>(
    _ request: HTTPRequest, _ body: @escaping @Sendable (HTTPAnswer) async throws -> Result
  ) async throws -> Result {
    let watch = Watch(request.limits)
    let route = try await relayed(Route(request))
    var prepared = try Self.prepare(request, watch: watch)
    try route.apply(to: &prepared)
    return try await exchange(client(for: route), prepared, of: request, watch, body)
  }

  private func exchange<Result: Sendable>(
    _ client: HTTPClient, _ prepared: HTTPClientRequest, of request: HTTPRequest, _ watch: Watch,
    _ body: @escaping @Sendable (HTTPAnswer) async throws -> Result
  ) async throws -> Result {
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        let response: HTTPClientResponse
        watch.waitBegins()
        do {
          // The deadline only bounds the wait for the head, and the watch does that already.
          response = try await client.execute(prepared, deadline: .distantFuture)
        } catch {
          if let verdict = watch.verdict { throw verdict }
          throw await Self.explained(HTTPFailure(translating: error, answerBegan: false), of: request)
        }
        watch.waitEnds()
        return try await body(HTTPAnswer(response, watch: watch, limit: request.limits.bodyBytes))
      }
      group.addTask {
        await watch.run()
        return nil
      }
      defer { group.cancelAll() }
      do {
        if let result = try await group.next() ?? nil { return result }
      } catch {
        throw watch.verdict ?? error
      }
      // The watch ended first: a limit, or our own task was cancelled and the exchange is about to say so.
      if watch.verdict != nil { group.cancelAll() }
      do {
        if let result = try await group.next() ?? nil { return result }
      } catch {
        throw watch.verdict ?? error
      }
      throw watch.verdict ?? HTTPFailure(.cancelled, "cancelled")
    }
  }

  /// Adds the reason to the error of an untrusted certificate.
  private static func explained(_ failure: HTTPFailure, of request: HTTPRequest) async -> HTTPFailure {
    guard failure.kind == .tlsFailed(.untrustedIssuer), request.proxy == nil,
      let url = URLComponents(string: request.url), let host = url.host,
      let (problem, detail) = await CertificateInspection.problem(
        host: host.trimmingCharacters(in: ["[", "]"]), port: url.port ?? 443)
    else { return failure }
    return HTTPFailure(.tlsFailed(problem), detail)
  }

  private static func prepare(_ request: HTTPRequest, watch: Watch) throws -> HTTPClientRequest {
    if let name = request.headers.offender {
      throw HTTPFailure(.invalidRequest, "the header '\(name)' cannot be sent: it holds a line break or is misnamed")
    }
    var prepared = HTTPClientRequest(url: request.url)
    prepared.method = .RAW(value: request.method.rawValue)
    request.headers.forEach { prepared.headers.add(name: $0, value: $1) }
    guard !request.body.isEmpty else { return prepared }
    var bytes = ByteBuffer(bytes: request.body)
    if request.compressesBody, request.body.count > Gzip.worthwhileBytes {
      bytes = try Gzip.compress(request.body)
      prepared.headers.replaceOrAdd(name: "Content-Encoding", value: "gzip")
    }
    prepared.body = .stream(
      RequestBodyPieces(bytes: bytes, watch: watch), length: .known(Int64(bytes.readableBytes)))
    return prepared
  }

  /// The route as the HTTP library can take it.
  private func relayed(_ route: Route) async throws -> Route {
    guard case .socks(let proxy) = route, let credential = proxy.credential else { return route }
    return .socks(HTTPProxy(.socks5, host: "127.0.0.1", port: try await relays.port(to: proxy, credential)))
  }

  private func client(for route: Route) throws(HTTPFailure) -> HTTPClient {
    let client: HTTPClient? = try clients.withLock { clients throws(HTTPFailure) in
      if let client = clients?[route] { return client }
      guard clients != nil else { return nil }
      let client = try makeClient(route)
      clients?[route] = client
      return client
    }
    guard let client else { throw HTTPFailure(.other, "the HTTP client was shut down") }
    return client
  }

  private func makeClient(_ route: Route) throws(HTTPFailure) -> HTTPClient {
    var settings = HTTPClient.Configuration()
    settings.httpVersion = .http1Only
    settings.redirectConfiguration = .disallow
    settings.decompression =
      configuration.decompressesAnswers ? .enabled(limit: .ratio(Self.decompressionRatio)) : .disabled
    settings.timeout = .init(connect: .init(configuration.connectTimeout), read: nil)
    // A refused connection or a bad certificate would otherwise be tried again until the connect timeout.
    settings.connectionPool.retryConnectionEstablishment = false
    settings.connectionPool.idleTimeout = .init(configuration.idleTimeout)
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.connectionsPerHost
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let caFile = configuration.caFile { tls.trustRoots = .certificates(try Self.certificates(in: caFile)) }
    if let own = configuration.clientCertificate {
      tls.certificateChain = try Self.certificates(in: own.certificateFile).map { .certificate($0) }
      tls.privateKey = .privateKey(try Self.privateKey(in: own.keyFile))
    }
    settings.tlsConfiguration = tls
    route.apply(to: &settings)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
  }

  private static func privateKey(in file: String) throws(HTTPFailure) -> NIOSSLPrivateKey {
    do {
      return try NIOSSLPrivateKey(file: file, format: .pem)
    } catch {
      throw HTTPFailure(
        .tlsFailed(.unusableTrustRoots), "'\(file)' does not exist, cannot be read or holds no PEM private key")
    }
  }

  /// Read here, because the TLS library reports a file without certificates only as a handshake that failed.
  private static func certificates(in file: String) throws(HTTPFailure) -> [NIOSSLCertificate] {
    do {
      let certificates = try NIOSSLCertificate.fromPEMFile(file)
      if !certificates.isEmpty { return certificates }
    } catch {
      // What the library says ("failedToLoadCertificate") adds nothing to what follows.
    }
    throw HTTPFailure(
      .tlsFailed(.unusableTrustRoots), "'\(file)' does not exist, cannot be read or holds no PEM certificate")
  }
}

/// Files with a certificate, the chain behind it, and its private key, both PEM. Read when the first connection is made.
package struct HTTPClientCertificate: Sendable, Hashable {
  package let certificateFile: String
  package let keyFile: String

  package init(certificateFile: String, keyFile: String) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}
