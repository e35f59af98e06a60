internal import Crypto
internal import Foundation
internal import JWTKit
internal import TextBytes

/// A secret of two sites. Never printed.
package struct SiteSecret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  private let bytes: [UInt8]

  /// The secret in a file: at least 32 bytes without white space at its ends, mode 0600 or stricter, our own.
  /// - Throws: `SecretFileError` when it is not so, with what to do.
  package init(file path: String) throws(SecretFileError) {
    bytes = try SecretFile.read(path)
  }

  /// Writes a new file with 256 random bits in hexadecimal digits, durable, and gives the secret. A file that is there stays.
  /// - Throws: `SecretFileError`.
  package static func generate(at path: String) throws(SecretFileError) -> SiteSecret {
    var random = SystemRandomNumberGenerator()
    let digits = Hex.text((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    try SecretFile.create(path, Array("\(digits)\n".utf8))
    return try SiteSecret(file: path)
  }

  /// The one key, for HS256, under the name of the site that signs.
  func keys(of site: SiteName) async -> JWTKeyCollection {
    await JWTKeyCollection().add(
      hmac: HMACKey(from: bytes), digestAlgorithm: .sha256, kid: JWKIdentifier(string: site.text))
  }

  /// `***`.
  package var description: String { "***" }

  /// `***`.
  package var debugDescription: String { "***" }

  /// No children.
  package var customMirror: Mirror { Mirror(self, children: []) }
}

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
