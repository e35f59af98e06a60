import ChildProcess

/// Why the system's ssh could not be used. The caller, which knows its purpose, turns it into a `TransportError`.
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
