import BoundedHTTP
import GitProtocol
import TextBytes
import WorkerPool

extension HTTPUploadPack {
  /// The operation, for errors.
  enum Operation: String {
    case listRefs = "list refs of"
    case request = "fetch from"
  }

  /// Translates the errors of the layers below; throws `Cancelled` and `TransportError` as they are.
  func translating<T>(_ operation: Operation, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let failure as HTTPFailure {
      if failure.kind == .cancelled { throw Cancelled() }
      throw error(failure, operation: operation)
    } catch is DeadlineExceeded {
      throw TransportError(
        .timeout, operation: operation.rawValue, subject: base.redacted,
        cause: "the time for the whole run was over", hint: "allow more time for the run")
    } catch let error as WorkerPoolError {
      throw TransportError(
        .sourceUnreachable, operation: operation.rawValue, subject: base.redacted, cause: error.description)
    }
  }

  private func error(_ failure: HTTPFailure, operation: Operation) -> TransportError {
    let (code, hint) = Self.meaning(of: failure.kind)
    var cause = failure.detail
    // The environment is read again only to name it; it was readable when the request was made.
    if !failure.answerBegan, let proxy = try? transports.proxies.proxy(for: base.origin) {
      cause += " (through the proxy \(proxy))"
    }
    return TransportError(
      code, operation: operation.rawValue, subject: base.redacted, cause: cause, hint: hint)
  }

  private static func meaning(of kind: HTTPFailure.Kind) -> (TransportError.Code, hint: String?) {
    switch kind {
    case .dnsFailed: (.dnsFailed, "check the host name and the resolver")
    case .connectionRefused: (.connectionRefused, "check the port, and that the server runs")
    case .unreachable: (.sourceUnreachable, "check the network and the routes")
    case .connectTimeout, .silence, .total: (.timeout, nil)
    case .tlsFailed(let problem): (.tlsFailed, hint(for: problem))
    case .proxyRefused: (.sourceUnreachable, "check the proxy and its credentials in the environment")
    case .connectionLost: (.connectionLost, nil)
    case .bodyTooLarge, .decompressionLimit: (.limitExceeded, nil)
    case .cancelled, .other: (.sourceUnreachable, nil)
    case .malformedAnswer: (.protocolError, "check that the address leads to an HTTP server")
    case .invalidRequest: (.invalidURL, nil)
    }
  }

  private static func hint(for problem: HTTPFailure.TLSProblem) -> String {
    switch problem {
    case .expired: "the server's operator must renew the certificate"
    case .notYetValid: "check this machine's clock"
    case .untrustedIssuer: "name the file with the issuer's certificate as the CA file"
    case .wrongHost: "use the host name that the certificate is for"
    case .unusableTrustRoots:
      "the file must hold what it should in PEM form: certificates of authorities, our own, or its private key"
    case .handshake: "the server must offer TLS 1.2 or later"
    }
  }

  // MARK: Answers that are none

  /// 401: after the credentials were tried, or there were none.
  func unauthorized(
    _ head: HTTPUploadPackExchange.Head, _ credential: Credential?, operation: Operation
  ) -> TransportError {
    let cause: String
    let hint: String
    // Some proxies refuse a wrong login of their own with the server's number.
    let proxy = (try? transports.proxies.proxy(for: base.origin)) ?? nil
    let server = proxy.map { "the server, or the proxy \($0)," } ?? "the server"
    if let credential {
      cause = "\(server) does not accept the credentials from \(credential.whence)"
      hint = "check user, password or token there"
    } else if base.origin == source.origin {
      cause = "\(server) requires authentication, and there are no credentials for '\(base.origin.host)'"
      hint = "check the address; for a private repository put the credentials into ~/.netrc"
    } else {
      cause =
        "the source redirected to '\(base.origin)', which requires authentication; credentials do not follow redirects"
      hint = "mirror from \(base.redacted)"
    }
    return TransportError(
      .authenticationFailed, operation: operation.rawValue, subject: base.redacted, cause: cause, hint: hint)
  }

  /// Accepts the answer of a git server, and throws a precise error for any other.
  func check(
    _ head: HTTPUploadPackExchange.Head, _ exchange: HTTPUploadPackExchange, mediaType: String, operation: Operation
  ) throws {
    let type = (head.headers["Content-Type"] ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    if head.status == 200, type == mediaType { return }
    let beginning = exchange.prefix(1024)
    exchange.settle()
    try cancellation.check()
    throw head.status == 200
      ? notGit(type: type, beginning, operation: operation)
      : refused(
        head, text: type == "text/plain" ? ForeignText.serverLine(beginning, limit: 200) : "", operation: operation)
  }

  private func notGit(type: String, _ beginning: [UInt8], operation: Operation) -> TransportError {
    // The dumb protocol lists `OID<tab>NAME` lines.
    let isDumb = beginning.count > 40 && beginning[40] == UInt8(ascii: "\t")
    if isDumb {
      return TransportError(
        .unsupportedSource, operation: operation.rawValue, subject: base.redacted,
        cause: "the server offers the repository as plain files only (dumb HTTP)",
        hint: "ask its operator for git http-backend")
    }
    return TransportError(
      .sourceNotARepository, operation: operation.rawValue, subject: base.redacted,
      cause: type == "text/html"
        ? "the server answered with a page, not with git"
        : "the server answered with '\(ForeignText.serverLine(Array(type.utf8), limit: 80))', not with git",
      hint: "check the path; most servers want the address that they show for cloning")
  }

  private func refused(_ head: HTTPUploadPackExchange.Head, text: String, operation: Operation) -> TransportError {
    let retryAfter = head.headers["Retry-After"].map { ForeignText.serverLine(Array($0.utf8), limit: 40) }
    let code: TransportError.Code =
      switch head.status {
      case 403: .sourceAccessDenied
      case 404, 410: .sourceNotFound
      case 429: .rateLimited
      case 451: .serverRefused
      case 503 where retryAfter != nil: .rateLimited
      case 500...599: .serverError
      case 300...399: .redirectRefused
      case 407: .sourceUnreachable
      default: .protocolError
      }
    var hint: String?
    if code == .rateLimited { hint = retryAfter.map { "the server says: retry after \($0)" } }
    if head.status == 404 { hint = "check the address; some servers answer so to those who may not see it" }
    if head.status == 451 { hint = "the server withholds it for legal reasons: ask its operator" }
    if head.status == 407 { hint = "the proxy requires authentication: put user and password into its address" }
    return TransportError(
      code, operation: operation.rawValue, subject: base.redacted,
      cause: "the server answered with status \(head.status)\(text.isEmpty ? "" : ": \(text)")", hint: hint,
      retryAfter: code == .rateLimited ? head.headers["Retry-After"].flatMap { RetryAfter.duration($0) } : nil)
  }
}
