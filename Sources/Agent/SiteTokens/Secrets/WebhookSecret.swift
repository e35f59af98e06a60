internal import Crypto
internal import Foundation
internal import TextBytes

/// A secret of a forge and this site, which authenticates the forge's deliveries. Never printed.
package struct WebhookSecret: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
  private let bytes: [UInt8]

  /// The secret in a file: at least 32 bytes without white space at its ends, mode 0600 or stricter, our own.
  /// - Throws: `SecretFileError` when it is not so, with what to do.
  package init(file path: String) throws(SecretFileError) { bytes = try SecretFile.read(path) }

  /// Whether these hexadecimal digits are the HMAC-SHA256 (RFC 2104) of the body, in constant time.
  package func signs(_ body: [UInt8], as hex: String) -> Bool {
    guard let code = Hex.bytes(hex.lowercased()) else { return false }
    return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: SymmetricKey(data: bytes))
  }

  /// Whether the text is the secret, compared in constant time.
  package func equals(_ text: String) -> Bool {
    // Digests of both, whose comparison takes the same time whatever they are.
    SHA256.hash(data: Data(text.utf8)) == SHA256.hash(data: bytes)
  }

  /// `***`.
  package var description: String { "***" }
  /// Nothing of it.
  package var customMirror: Mirror { Mirror(reflecting: "***") }
}
