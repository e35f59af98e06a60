internal import Crypto
package import Foundation

/// The SHA-256 of a request's body as it was sent: what a site's token is bound to.
package struct BodyDigest: Hashable, Sendable {
  /// 64 small hexadecimal digits.
  package let hex: String

  /// The digest of these bytes.
  package init(of bytes: some DataProtocol) {
    hex = Hex.text(SHA256.hash(data: bytes))
  }

  /// The digest of no body.
  package static let ofNothing = BodyDigest(of: [UInt8]())
}
