/// Why a child could not be talked to. Whoever knows what the child was for says it in a `TransportError`.
enum ChildFailure: Error {
  /// Not a byte in this long.
  case silent(Duration)
  /// The deadline of the whole run has passed.
  case runTimedOut
  /// A system call failed: what it was to do with the child, and errno.
  case failed(String, Int32)
}
