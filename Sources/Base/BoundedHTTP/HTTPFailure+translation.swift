import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSOCKS
import NIOSSL

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
    case .connectTimeout, .getConnectionFromPoolTimeout: (.connectTimeout, "nobody answered the connection in time")
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
    case .connectTimeout: (.connectTimeout, "nobody answered the connection in time")
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
