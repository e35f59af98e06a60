package import GitValues

/// Why a conversation with a git server failed: what we tried, on what, what the layer below said, what to do next.
///
/// Every text in it is safe to show: `subject` has no user info, server text went through `ForeignText.serverLine`.
package struct TransportError: Error, Sendable {
  /// What went wrong, as a stable string that users may match on (`--json`, metrics labels).
  package let code: Code
  /// What we tried: "list refs", "fetch objects".
  package let operation: String
  /// What we tried it on: the source without user info, or a host.
  package let subject: String
  /// What the layer below said, one line, lower case where it is ours; empty when there is nothing to add.
  package let cause: String
  /// What the user may do next; `nil` when we know nothing better than to try again.
  package let hint: String?
  /// What trying again is worth.
  package let disposition: Disposition
  /// The wanted object that the server does not have or cannot read, where it names one.
  package let missingObject: ObjectID?
  /// How long the server asks to be left alone (`Retry-After`); only with `rateLimited`, and not always then.
  package let retryAfter: Duration?
  /// Whether a byte of the answer to a fetch had come.
  package var hasAnswered = false
  /// The error of the layer below, kept for programs. Not shown: its text may hold what must not be shown.
  package let underlying: (any Error)?

  /// Makes an error. Without a `disposition` the code's own one holds.
  package init(
    _ code: Code, operation: String, subject: String, cause: String = "", hint: String? = nil,
    disposition: Disposition? = nil, missingObject: ObjectID? = nil, retryAfter: Duration? = nil,
    underlying: (any Error)? = nil
  ) {
    self.code = code
    self.operation = operation
    self.subject = subject
    self.cause = cause
    self.hint = hint
    self.disposition = disposition ?? code.usualDisposition
    self.missingObject = missingObject
    self.retryAfter = retryAfter
    self.underlying = underlying
  }
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
  /// The connection ended before the first byte of the answer to a fetch: what an upload-pack does that dies of a wanted object
  /// which it cannot read. An answer that has begun and is cut off says nothing about objects.
  package var isEarlyEnd: Bool { code == .connectionLost && !hasAnswered }
}
