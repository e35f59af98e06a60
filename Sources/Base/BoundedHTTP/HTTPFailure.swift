internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOPosix
internal import NIOSOCKS
internal import NIOSSL

/// Why an exchange came to no answer, or to none that could be read to its end. An answer with status 500 is no failure
/// here.
package struct HTTPFailure: Error, Sendable, CustomStringConvertible {
  /// What failed, for decisions.
  package enum Kind: Sendable, Hashable {
    /// The name has no address, or the resolver did not answer.
    case dnsFailed
    /// No process listens there.
    case connectionRefused
    /// No way to the host.
    case unreachable
    /// The connection was not answered, or the TLS handshake stalled.
    case connectTimeout
    case tlsFailed(TLSProblem)
    /// The proxy did not let us through.
    case proxyRefused
    /// No byte moved for longer than the silence limit while we waited.
    case silence
    /// The exchange took longer than the total limit.
    case total
    /// What came back is not HTTP.
    case malformedAnswer
    /// The connection ended in the middle.
    case connectionLost
    /// The body is longer than the limit.
    case bodyTooLarge
    /// The body unpacks to so much more than was sent that it looks like an attack.
    case decompressionLimit
    /// The task was cancelled.
    case cancelled
    /// The request cannot be sent: URL or header are not well-formed.
    case invalidRequest
    case other

    /// In a word or two, without what any layer said: for where an address is a secret.
    package var text: String {
      switch self {
      case .dnsFailed: "its name cannot be resolved"
      case .connectionRefused: "connection refused"
      case .unreachable: "no way to the host"
      case .connectTimeout: "no connection in time"
      case .tlsFailed(let problem): "TLS: \(problem.text)"
      case .proxyRefused: "the proxy refused"
      case .silence, .total: "no answer in time"
      case .malformedAnswer: "the answer is not HTTP"
      case .connectionLost: "the connection was lost"
      case .bodyTooLarge, .decompressionLimit: "the answer is too large"
      case .cancelled: "cancelled"
      case .invalidRequest: "the URL or a header is not well-formed"
      case .other: "another failure"
      }
    }
  }

  /// What about the peer's certificate or the handshake was wrong.
  package enum TLSProblem: String, Sendable, Hashable {
    case expired
    case notYetValid
    case untrustedIssuer
    case wrongHost
    /// The trust roots could not be loaded.
    case unusableTrustRoots
    case handshake

    /// In a few words.
    package var text: String {
      switch self {
      case .expired: "the certificate has expired"
      case .notYetValid: "the certificate is not valid yet"
      case .untrustedIssuer: "the certificate is not trusted"
      case .wrongHost: "the certificate is for another host"
      case .unusableTrustRoots: "the file of authorities cannot be used"
      case .handshake: "the handshake failed"
      }
    }
  }

  package let kind: Kind
  /// What the layer below said; short, no secrets.
  package let detail: String
  /// True when the head of the answer had arrived: a failure before that, on a connection that was kept alive, may
  /// just mean that the server had closed it meanwhile.
  package let answerBegan: Bool

  package init(_ kind: Kind, _ detail: String, answerBegan: Bool = false) {
    self.kind = kind
    self.detail = detail
    self.answerBegan = answerBegan
  }

  package var description: String { detail }
}

extension HTTPFailure {
  /// Says in our words what AsyncHTTPClient and the layers below it threw.
  init(translating error: any Error, answerBegan: Bool) {
    if let failure = error as? HTTPFailure {
      self.init(failure.kind, failure.detail, answerBegan: answerBegan)
      return
    }
    let (kind, detail) = Self.classify(error)
    self.init(kind, detail, answerBegan: answerBegan)
  }

  private static func classify(_ error: any Error) -> (Kind, String) {
    switch error {
    case is CancellationError: (.cancelled, "cancelled")
    case let error as HTTPClientError: classify(error)
    case let error as NIOConnectionError: classify(error)
    case let error as IOError: classify(error)
    case let error as ChannelError: classify(error)
    case let error as NIOSSLError: classify(error)
    case let error as NIOSSLExtraError: classify(error)
    case HTTPParserError.invalidEOFState: (.connectionLost, "the server closed the connection in the middle")
    case let error as HTTPParserError: (.malformedAnswer, "the answer is not HTTP: \(error)")
    case let error as NIOHTTPDecompression.DecompressionError: classify(error)
    case is SOCKSError.InvalidAuthenticationSelection, is SOCKSError.NoValidAuthenticationMethod:
      (.proxyRefused, "the proxy asks for authentication")
    case is SOCKSError.ConnectionFailed: (.proxyRefused, "the proxy refused us, or found no way to the server")
    default: (.other, "\(error)")
    }
  }

  private static func classify(_ error: HTTPClientError) -> (Kind, String) {
    switch error {
    case .cancelled: (.cancelled, "cancelled")
    case .connectTimeout, .getConnectionFromPoolTimeout: (.connectTimeout, "no answer to the connection in time")
    case .tlsHandshakeTimeout: (.connectTimeout, "the TLS handshake did not end in time")
    case .httpProxyHandshakeTimeout: (.connectTimeout, "the proxy did not answer in time")
    case .proxyAuthenticationRequired: (.proxyRefused, "the proxy asks for authentication")
    case .invalidProxyResponse: (.proxyRefused, "the proxy did not open the connection")
    case .remoteConnectionClosed, .uncleanShutdown: (.connectionLost, "the server closed the connection")
    case .invalidURL, .emptyHost, .emptyScheme: (.invalidRequest, "the URL is not well-formed")
    default: (.other, error.shortDescription.lowercased())
    }
  }

  private static func classify(_ error: NIOConnectionError) -> (Kind, String) {
    // One error per address that was tried: the first is the address that the system prefers.
    if let first = error.connectionErrors.first {
      return classify(first.error)
    }
    let cause = error.dnsAError ?? error.dnsAAAAError
    return (.dnsFailed, "the name '\(error.host)' cannot be resolved\(cause.map { ": \($0)" } ?? "")")
  }

  private static func classify(_ error: IOError) -> (Kind, String) {
    let text = String(cString: strerror(error.errnoCode)).lowercased()
    return switch error.errnoCode {
    case ECONNREFUSED: (.connectionRefused, text)
    case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EACCES, EPERM: (.unreachable, text)
    case ECONNRESET, EPIPE, ENOTCONN, ECONNABORTED, EBADF: (.connectionLost, text)
    case ETIMEDOUT: (.connectTimeout, text)
    default: (.other, text)
    }
  }

  private static func classify(_ error: ChannelError) -> (Kind, String) {
    switch error {
    case .connectTimeout: (.connectTimeout, "no answer to the connection in time")
    case .eof, .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed:
      (.connectionLost, "the server closed the connection")
    default: (.other, "\(error)")
    }
  }

  private static func classify(_ error: NIOSSLError) -> (Kind, String) {
    switch error {
    case .handshakeFailed(let cause):
      "\(cause)".contains("CERTIFICATE_VERIFY_FAILED")
        ? (.tlsFailed(.untrustedIssuer), "the server's certificate is not trusted")
        : (.tlsFailed(.handshake), "the TLS handshake failed: \(cause)")
    case .uncleanShutdown: (.connectionLost, "the server closed the connection without the end of TLS")
    case .failedToLoadCertificate, .failedToLoadPrivateKey:
      (.tlsFailed(.unusableTrustRoots), "the file with trusted certificates cannot be used")
    default: (.tlsFailed(.handshake), "TLS: \(error)")
    }
  }

  private static func classify(_ error: NIOSSLExtraError) -> (Kind, String) {
    error == .failedToValidateHostname
      ? (.tlsFailed(.wrongHost), "the server's certificate is for another host")
      : (.tlsFailed(.handshake), "TLS: \(error.description)")
  }

  private static func classify(_ error: NIOHTTPDecompression.DecompressionError) -> (Kind, String) {
    switch error {
    case .limit: (.decompressionLimit, "the compressed answer unpacks to far more than was sent")
    default: (.other, "the compressed answer cannot be unpacked: \(error)")
    }
  }
}
