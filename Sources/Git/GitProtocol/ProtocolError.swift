package import GitValues
import TextBytes

/// A protocol violation of a server, or its refusal within the protocol.
///
/// `detail` is one line, short, and shows server text only as `ForeignText.serverLine` leaves it.
package struct ProtocolError: Error, Hashable, Sendable {
  /// The kind of fault, for programs.
  package enum Code: String, Sendable {
    /// The bytes break the rules of the protocol.
    case malformed
    /// The bytes end where more must come.
    case truncated
    /// What came is not the git protocol at all: an HTML page, say.
    case notGit
    /// More refs or bytes than the limits allow.
    case limitExceeded
    /// The server said no: an `ERR` line or side-band 3.
    case refused
    /// The server answered "not our ref": a wanted object is gone.
    case wantedObjectMissing
    /// The repository uses an object format other than SHA-1.
    case unsupportedObjectFormat
    /// The repository is shallow.
    case shallow
  }

  package let code: Code
  package let detail: String
  /// The object named by `wantedObjectMissing`, when the server named one.
  package let object: ObjectID?

  package init(_ code: Code, _ detail: String, object: ObjectID? = nil) {
    self.code = code
    self.detail = detail
    self.object = object
  }
}

extension ProtocolError: CustomStringConvertible {
  package var description: String { detail }
}

extension ProtocolError {
  /// The error for the text of an `ERR` line or of side-band 3, which mean the same.
  ///
  /// "not our ref" has a case of its own, because it means that refs moved since they were listed (git's
  /// `upload-pack.c`; JGit and others say the same words).
  static func refusal(_ text: UnsafeRawBufferPointer) -> ProtocolError {
    let shown = ForeignText.serverLine(text)
    guard let range = shown.firstRange(of: "not our ref") else { return ProtocolError(.refused, shown) }
    let object = shown[range.upperBound...].split(separator: " ").first.flatMap { ObjectID(String($0)) }
    return ProtocolError(.wantedObjectMissing, shown, object: object)
  }
}
