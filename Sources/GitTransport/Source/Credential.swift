import BoundedHTTP

/// Proof of who we are, ready to be sent, and where it came from. Prints only the latter.
struct Credential: Sendable {
  /// The value of the `Authorization` header.
  let authorization: String
  /// For people: "the address", "the token file '/etc/remora/token'".
  let whence: String
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "*** from \(whence)" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: ["whence": whence]) }
}
