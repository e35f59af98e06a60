import ChildProcess

/// A failure to use the system's ssh. The caller translates it into a `TransportError` of its operation.
enum SSHSystemFailure: Error {
  /// It is not installed.
  case missing
  /// It cannot read its configuration, in its words.
  case configuration(String)
  /// It cannot do what the address asks for.
  case unsupported(String)
  /// It did not get through to the host.
  case notConnected(ErrorText, Child.Ending?)
}
