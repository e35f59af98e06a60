/// Why a child could not be used. The caller, which knows its purpose, turns it into a `TransportError`.
enum ChildFailure: Error {
  /// Not a byte in this long.
  case silent(Duration)
  /// The deadline of the whole run has passed.
  case runTimedOut
  /// A system call failed: what it was to do with the child, and errno.
  case failed(String, Int32)
}
