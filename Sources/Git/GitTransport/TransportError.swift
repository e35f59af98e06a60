package import GitValues

/// A failure of a conversation with a git server: what was tried, on what, what went wrong, what to do next.
///
/// Every text in it is safe to show: `subject` has no user info, server text went through `ForeignText.serverLine`.
package struct TransportError: Error, Sendable {
  /// What went wrong, as a stable string that users may match on (`--json`, metrics labels).
  package let code: Code
  /// The operation: "list refs", "fetch objects".
  package let operation: String
  /// What it was tried on: the source without user info, or a host.
  package let subject: String
  /// What the layer below said, one line, lower case where it is ours; empty when there is nothing to add.
  package let cause: String
  /// What the user may do next; `nil` for no more than to try again.
  package let hint: String?
  /// The wanted object that the server does not have or cannot read, where it names one.
  package let missingObject: ObjectID?
  /// Whether the server said that its repository is damaged.
  package let reportsCorruption: Bool
  /// The `Retry-After` of the server; only with `rateLimited`, and not always then.
  package let retryAfter: Duration?
  /// Whether a byte of the answer to a fetch had come.
  package var hasAnswered = false

  package init(
    _ code: Code, operation: String, subject: String, cause: String = "", hint: String? = nil,
    reportsCorruption: Bool = false, missingObject: ObjectID? = nil, retryAfter: Duration? = nil
  ) {
    self.code = code
    self.operation = operation
    self.subject = subject
    self.cause = cause
    self.hint = hint
    self.reportsCorruption = reportsCorruption
    self.missingObject = missingObject
    self.retryAfter = retryAfter
  }

  package var disposition: FailureDisposition { code.disposition }
}

extension TransportError: CustomStringConvertible {
  /// One line: operation, subject, cause, hint.
  package var description: String {
    var text = "\(operation) \(subject): \(cause.isEmpty ? code.rawValue.replacing("_", with: " ") : cause)"
    if let hint { text += "; \(hint)" }
    return text
  }
}

extension TransportError {
  /// The connection ended before the first byte of the answer to a fetch: what an upload-pack does that dies of a
  /// wanted object which it cannot read. An answer that has begun and is cut off says nothing about objects.
  package var isEarlyEnd: Bool { code == .connectionLost && !hasAnswered }

  /// Whether the server may have failed on a wanted object that it cannot read: it reports that, or ended early.
  package var mayBeUnreadableObject: Bool { isEarlyEnd || code == .serverRefused && reportsCorruption }
}

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
