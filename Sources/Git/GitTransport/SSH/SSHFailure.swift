/// A failure to open an SSH session, or of a session. The caller translates it into a `TransportError` of its
/// operation.
enum SSHFailure: Error {
  /// The step that failed.
  enum Phase: String, Sendable {
    case handshake = "the key exchange"
    case authentication = "the authentication"
    case channel = "opening a channel"
    case data = "the conversation"
  }

  /// The connection below.
  case stream(SocketStream.Failure, Phase)
  /// The host is not authenticated after this long.
  case connectTimedOut(Duration, Phase)
  /// The host closed the connection.
  case disconnected(Phase)
  /// The host and libssh2 have no algorithm in common.
  case noCommonAlgorithm(String)
  /// The host sent far more than was asked for.
  case flooded(Phase)
  /// The key that the host showed is not to be trusted.
  case hostKey(KnownHosts.Verdict, SSHKey, name: String, files: [String])
  /// The host believes none of our keys.
  ///
  /// - Parameter isAnyLeftOut: there are keys that libssh2 cannot sign with and ssh can.
  case notAuthenticated(user: String, tried: [String], notes: [String], isAnyLeftOut: Bool)
  /// The host refuses channels, or the command.
  case refused(Phase, String)
  /// What libssh2 says of what the host sent.
  case broken(Phase, String)

  /// Whether the system's ssh may be able to do what libssh2 is not.
  var mayFitTheSystem: Bool {
    switch self {
    case .noCommonAlgorithm, .hostKey(.authorityOnly, _, name: _, files: _): true
    case .notAuthenticated(user: _, tried: _, notes: _, let isAnyLeftOut): isAnyLeftOut
    default: false
    }
  }
}
