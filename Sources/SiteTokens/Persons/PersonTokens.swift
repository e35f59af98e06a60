internal import Crypto
internal import Foundation

/// The tokens of people, from files: one for admins, one for readers. Without a file nobody has that role.
///
/// Only digests are kept, and compared in constant time. They are never printed.
package struct PersonTokens: Sendable, CustomStringConvertible, CustomReflectable {
  private let admin: SHA256Digest?
  private let reader: SHA256Digest?

  /// - Parameters:
  ///   - adminFile: `nil` when there are no admins.
  ///   - readerFile: `nil` when there are no readers but the admins.
  /// - Throws: `SecretFileError` for a file as `SiteSecret` would refuse it, and when both hold the same token.
  package init(adminFile: String?, readerFile: String?) throws(SecretFileError) {
    admin = try Self.digest(adminFile)
    reader = try Self.digest(readerFile)
    if let readerFile, admin == reader {
      throw SecretFileError(readerFile, "it holds the admin token", hint: "give readers another token")
    }
  }

  /// The role that a header `Authorization` proves, as `Bearer TOKEN` or as `Basic` with the token for a password and
  /// whatever name; `nil` when it proves none.
  package func role(ofAuthorization header: String) -> Role? {
    guard header.utf8.count <= 16 << 10, let token = Self.token(header) else { return nil }
    let digest = SHA256.hash(data: token)
    // Both comparisons are made, whatever the first one says.
    let isAdmin = admin.map { $0 == digest } ?? false
    let isReader = reader.map { $0 == digest } ?? false
    return isAdmin ? .admin : isReader ? .reader : nil
  }

  /// What stands for a token where the token itself must not be kept; it is of no use to whoever reads it.
  package static func digest(ofToken token: String) -> String { hex(SHA256.hash(data: Array(token.utf8))) }

  /// The role of a token by its digest; `nil` once the token is another one.
  package func role(ofDigest digest: String) -> Role? {
    let isAdmin = admin.map { Self.hex($0) == digest } ?? false
    let isReader = reader.map { Self.hex($0) == digest } ?? false
    return isAdmin ? .admin : isReader ? .reader : nil
  }

  private static func hex(_ digest: SHA256Digest) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func digest(_ path: String?) throws(SecretFileError) -> SHA256Digest? {
    guard let path else { return nil }
    return SHA256.hash(data: try SecretFile.read(path))
  }

  private static func token(_ header: String) -> [UInt8]? {
    let parts = header.utf8.split(separator: 0x20, maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let credentials = String(decoding: parts[1], as: UTF8.self).trimmingCharacters(in: .whitespaces)
    switch String(decoding: parts[0], as: UTF8.self).lowercased() {
    case "bearer": return Array(credentials.utf8)
    case "basic":
      guard let pair = Data(base64Encoded: credentials), let colon = pair.firstIndex(of: 0x3a) else { return nil }
      return Array(pair[(colon + 1)...])
    default: return nil
    }
  }

  /// `***`.
  package var description: String { "***" }

  /// No children.
  package var customMirror: Mirror { Mirror(self, children: []) }
}
