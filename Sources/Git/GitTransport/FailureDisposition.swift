/// What a failure calls for. Decided where the failure is understood, and carried to the caller unchanged.
package enum FailureDisposition: String, Hashable, Sendable, CaseIterable {
  /// Retry now: a connection that broke or fell silent in the middle of an answer.
  case retryNow
  /// Back off: the failure is of this repository or this copy, and may go away.
  case backOff
  /// Wait for the host: its other repositories would fail in the same way.
  case host
  /// Wait for this machine: a full disk, no memory, a program that is not installed. Also a job that was cancelled.
  case machine
  /// Wait for the operator: this repository fails in the same way until the source, the copy or the configuration is
  /// changed.
  case needsOperator
}

extension TransportError.Code {
  /// What a failure of this code calls for.
  package var disposition: FailureDisposition {
    switch self {
    case .connectionLost, .timeout: .retryNow
    case .authenticationFailed, .connectionRefused, .dnsFailed, .hostKeyChanged, .hostKeyRevoked, .hostKeyUnknown,
      .rateLimited, .redirectRefused, .serverError, .sourceAccessDenied, .sourceUnreachable, .tlsFailed:
      .host
    case .gitMissing, .sshMissing: .machine
    case .invalidURL, .limitExceeded, .sourceNotARepository, .sourceNotFound, .sourceShallow,
      .unsupportedObjectFormat, .unsupportedSource:
      .needsOperator
    // `protocolError`, `serverRefused`, `wantedObjectMissing`, and codes that are added later.
    default: .backOff
    }
  }
}
