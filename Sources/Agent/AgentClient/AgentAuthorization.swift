package import BoundedHTTP

/// How a client proves who it is.
package enum AgentAuthorization: Sendable {
  /// Not at all: a socket's mode says who may use it.
  case none
  /// By a reader's or admin's token.
  case bearer(String)
  /// By a token made for this very request.
  case signed(any RequestSigner)
}
