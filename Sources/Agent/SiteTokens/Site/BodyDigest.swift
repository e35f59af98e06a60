internal import Crypto
package import Foundation
internal import TextBytes

/// The SHA-256 of a request's body as it was sent: what a site's token is bound to.
package struct BodyDigest: Hashable, Sendable {
  /// 64 small hexadecimal digits.
  package let hex: String

  /// The digest of these bytes.
  package init(of bytes: some DataProtocol) {
    hex = Hex.text(SHA256.hash(data: bytes))
  }

  /// The digest of a body that has come piece by piece.
  package init(_ running: RunningDigest) { hex = Hex.text(running.hash.finalize()) }

  /// The digest of no body.
  package static let ofNothing = BodyDigest(of: [UInt8]())
}

/// The digest of a body while it arrives: nothing of the body is kept.
package struct RunningDigest: Sendable {
  fileprivate var hash = SHA256()

  /// Of no bytes yet.
  package init() {}

  /// Adds the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
}
