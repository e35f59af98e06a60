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
