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
