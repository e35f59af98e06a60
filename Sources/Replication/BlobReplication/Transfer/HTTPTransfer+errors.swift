import BoundedHTTP
import Replication
import TextBytes
import WorkerPool

extension HTTPTransfer {
  /// What a status says that is not the content.
  ///
  /// | Status | Code | Whose failure |
  /// |---|---|---|
  /// | 404, 410 | `missing_on_primary` | the file's |
  /// | 401, 403, 407, 408, 429, 5xx | `source_unreachable`, `source_refused` | the host's |
  /// | others | `source_refused`, `bad_answer` | the file's |
  func refusal(_ head: HTTPDownload.Head) -> StrategyError {
    let cause = "the server answered with status \(head.status)"
    switch head.status {
    case 404, 410:
      return StrategyError(
        .missingOnPrimary, trying: operation, cause, hint: "check the address of the kind if the file is there")
    case 401, 403:
      return StrategyError(
        .sourceRefused, trying: operation, cause, hint: "check the token, and that it may read this file",
        disposition: .host)
    case 407:
      return StrategyError(
        .sourceUnreachable, trying: operation, cause, hint: "the proxy requires authentication: check its credentials",
        disposition: .host)
    case 408, 429, 500...599:
      let wait = head.headers["Retry-After"]
      let hint = wait.map { "the server says: retry after \(ForeignText.withoutControls($0, longest: 40))" }
      var error = StrategyError(.sourceUnreachable, trying: operation, cause, hint: hint, disposition: .host)
      error.retryAfter = wait.flatMap { RetryAfter.duration($0) }
      return error
    case 200...399: return StrategyError(.badAnswer, trying: operation, cause, hint: "look at the server")
    default: return StrategyError(.sourceRefused, trying: operation, cause, hint: "look at the server")
    }
  }

  /// Translates the failure of an exchange. Before the answer began it is the host's failure; afterwards the cause may
  /// be this one file, so the host is probed before its other files are paused.
  ///
  /// - Parameter answerBegan: the head was received; a timeout does not contain that.
  func translated(_ failure: HTTPFailure, answerBegan: Bool) -> any Error {
    let code: StrategyError.Code
    var hint: String?
    switch failure.kind {
    case .cancelled: return Cancelled()
    case .dnsFailed, .connectionRefused, .unreachable, .connectTimeout, .proxyRefused, .other:
      (code, hint) = (.sourceUnreachable, "check the network, and that the server runs")
    case .tlsFailed: (code, hint) = (.sourceUnreachable, "check the certificate and this machine's clock")
    case .silence, .connectionLost:
      code = answerBegan ? .interrupted : .sourceUnreachable
      hint = answerBegan ? "the next sync goes on from there" : "check that the server runs"
    case .total: (code, hint) = (.limitExceeded, "allow more time if it always ends so")
    case .bodyTooLarge: (code, hint) = (.limitExceeded, "raise the limit of the kind, or exclude the file")
    case .decompressionLimit, .malformedAnswer:
      (code, hint) = (.badAnswer, "check that the address leads to a server of files")
    case .invalidRequest: (code, hint) = (.unsupportedSource, "check the address of the kind and the token")
    }
    return StrategyError(
      code, trying: operation, failure.detail, hint: hint,
      disposition: code == .sourceUnreachable ? .host : code == .interrupted ? .connection : .replicable)
  }
}
