import BoundedHTTP

/// A credential, ready to be sent, and where it came from. Prints only the latter.
struct Credential: Sendable {
  /// The value of the `Authorization` header.
  let authorization: String
  /// For display: "the address", "the token file '/etc/remora/token'".
  let whence: String
  /// What git's helpers said, when it comes from them: they want to hear what became of it.
  var fromHelpers: HTTPBasicCredential?
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "*** from \(whence)" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: ["whence": whence]) }
}
