import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL
import Synchronization

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

    package init(
      connectTimeout: Duration = .seconds(30), caFile: String? = nil, idleTimeout: Duration = .seconds(60),
      connectionsPerHost: Int = 64
    ) {
      self.connectTimeout = connectTimeout
      self.caFile = caFile
      self.idleTimeout = idleTimeout
      self.connectionsPerHost = connectionsPerHost
    }
  }

  /// The most that a compressed answer may grow when unpacked. Ref listings reach 30; a bomb reaches 1000.
  private static let decompressionRatio = 200

  private let configuration: Configuration
  /// One per way out, since a client of AsyncHTTPClient has one proxy for all hosts; `nil` after the shutdown.
  private let clients = Mutex<[HTTPProxy?: HTTPClient]?>([:])

  package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

  deinit {
    // AsyncHTTPClient stops the program when a client is dropped that still runs. The closure keeps it until it ended.
    for client in clients.withLock({ $0 ?? [:] }).values { client.shutdown { _ in withExtendedLifetime(client) {} } }
  }

  /// Closes all connections. Exchanges that run fail, later ones are refused.
  package func shutdown() async {
    let last = clients.withLock { clients in
      defer { clients = nil }
      return clients ?? [:]
    }
    // The only error is "already shut down", which is what we want.
    for client in last.values { try? await client.shutdown() }
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
    let client = try client(for: request.proxy)
    let prepared = try Self.prepare(request, watch: watch)
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        let response: HTTPClientResponse
        watch.waitBegins()
        do {
          // The deadline only bounds the wait for the head, and the watch does that already.
          response = try await client.execute(prepared, deadline: .distantFuture)
        } catch {
          throw watch.verdict ?? HTTPFailure(translating: error, answerBegan: false)
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

  private func client(for proxy: HTTPProxy?) throws(HTTPFailure) -> HTTPClient {
    let client: HTTPClient? = clients.withLock { clients in
      if let client = clients?[proxy] { return client }
      guard clients != nil else { return nil }
      let client = makeClient(proxy)
      clients?[proxy] = client
      return client
    }
    guard let client else { throw HTTPFailure(.other, "the HTTP client was shut down") }
    return client
  }

  private func makeClient(_ proxy: HTTPProxy?) -> HTTPClient {
    var settings = HTTPClient.Configuration()
    settings.httpVersion = .http1Only
    settings.redirectConfiguration = .disallow
    settings.decompression = .enabled(limit: .ratio(Self.decompressionRatio))
    settings.timeout = .init(connect: .init(configuration.connectTimeout), read: nil)
    // A refused connection or a bad certificate would otherwise be tried again until the connect timeout.
    settings.connectionPool.retryConnectionEstablishment = false
    settings.connectionPool.idleTimeout = .init(configuration.idleTimeout)
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.connectionsPerHost
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let caFile = configuration.caFile { tls.trustRoots = .file(caFile) }
    settings.tlsConfiguration = tls
    settings.proxy = proxy.map { proxy in
      .server(
        host: proxy.host, port: proxy.port,
        authorization: proxy.credential.map { .basic(username: $0.user, password: $0.password) })
    }
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
  }
}
