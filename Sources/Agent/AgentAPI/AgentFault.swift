/// An agent's error answer: the body `{"error": {"code", "message", "hint"}}`.
package struct AgentFault: Error, Codable, Hashable, Sendable, CustomStringConvertible {
  /// A word that programs may match, such as `unauthorized`, `forked`, `unknown_replicable`.
  package var code: String
  /// What was tried, on what, and what went wrong; one line, no secrets.
  package var message: String
  /// What to do next; `nil` when the message says all.
  package var hint: String?
  /// The HTTP status, not part of the body.
  package var status: Int = 500

  enum CodingKeys: String, CodingKey {
    case code, message, hint
  }

  /// A fault.
  package init(_ status: Int, _ code: String, _ message: String, hint: String? = nil) {
    self.status = status
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The message, with the hint behind it.
  package var description: String { hint.map { "\(message); \($0)" } ?? message }

  /// The whole body.
  package struct Body: Codable, Sendable {
    /// The fault.
    package var error: AgentFault

    /// A body.
    package init(error: AgentFault) { self.error = error }
  }
}
