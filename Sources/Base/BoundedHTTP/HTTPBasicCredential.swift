import struct Foundation.Data

/// A user name and a password. Prints neither.
package struct HTTPBasicCredential: Sendable, Hashable {
  package let user: String
  package let password: String

  package init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// The value of an `Authorization` header (RFC 7617).
  package var authorization: String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }
}

extension HTTPBasicCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "***" }
  package var debugDescription: String { "***" }
  /// `dump` and string interpolation of an enclosing value look in here.
  package var customMirror: Mirror { Mirror(self, children: []) }
}
