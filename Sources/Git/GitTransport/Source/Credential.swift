import BoundedHTTP

/// A credential, ready to be sent, and where it came from. Prints only the latter.
struct Credential: Sendable {
  /// The value of the `Authorization` header.
  let authorization: String
  /// For display: "the address", "the token file '/etc/remora/token'".
  let whence: String
  /// The credential from git's helpers, if it comes from them: they are notified of its success or failure.
  var fromHelpers: HTTPBasicCredential?
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "*** from \(whence)" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: ["whence": whence]) }
}
