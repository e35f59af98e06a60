/// How a client proves who it is.
package enum AgentAuthorization: Sendable {
  /// Not at all: a socket's mode says who may use it.
  case none
  /// By a token for people.
  case bearer(String)
  /// By a token made for this very request.
  case signed(@Sendable (_ method: String, _ pathAndQuery: String, _ body: [UInt8]) async throws -> String)
}
