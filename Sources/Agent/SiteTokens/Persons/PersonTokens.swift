internal import Crypto
package import Foundation
internal import TextBytes

/// The tokens of readers and admins: of `admin_token_file` and `reader_token_file`, and those that have names.
///
/// Only digests are kept, and compared in constant time. They are never printed.
package struct PersonTokens: Sendable, CustomStringConvertible, CustomReflectable {
  /// Names that stand for the tokens of the two files: no named token may have them.
  package static let fileNames = (admin: "admin", reader: "reader")

  private struct Known {
    let digest: [UInt8]
    let person: Person
    let expiresAt: Date?
  }

  private let known: [Known]

  /// - Parameters:
  ///   - adminFile: `nil` without one.
  ///   - readerFile: `nil` without one.
  ///   - named: those of `<state>/tokens.json`.
  /// - Throws: `SecretFileError` for a file as `SiteSecret` would refuse it, and when both hold the same token.
  package init(adminFile: String?, readerFile: String?, named: [NamedToken] = []) throws(SecretFileError) {
    let admin = try Self.digest(adminFile)
    let reader = try Self.digest(readerFile)
    if let readerFile, admin == reader {
      throw SecretFileError(readerFile, "it holds the admin token", hint: "give readers another token")
    }
    known =
      [
        admin.map { Known(digest: $0, person: Person(name: Self.fileNames.admin, role: .admin), expiresAt: nil) },
        reader.map { Known(digest: $0, person: Person(name: Self.fileNames.reader, role: .reader), expiresAt: nil) },
      ].compactMap { $0 }
      + named.compactMap { token in
        Hex.bytes(token.digest).map { Known(digest: $0, person: token.person, expiresAt: token.expiresAt) }
      }
  }

  /// Who a header `Authorization` proves to ask, as `Bearer TOKEN` or as `Basic` with the token for a password and whatever name;
  /// `nil` when it proves no one, or the token has expired.
  package func person(ofAuthorization header: String, at now: Date) -> Person? {
    guard header.utf8.count <= 16 << 10, let token = Self.token(header) else { return nil }
    return person(ofDigest: Array(SHA256.hash(data: token)), at: now)
  }

  /// The same by a token's digest; `nil` also once the token is another one.
  package func person(ofDigest digest: String, at now: Date) -> Person? {
    Hex.bytes(digest).flatMap { person(ofDigest: $0, at: now) }
  }

  /// The role of such a header.
  package func role(ofAuthorization header: String, at now: Date = Date()) -> Role? {
    person(ofAuthorization: header, at: now)?.role
  }

  /// The role of a token by its digest.
  package func role(ofDigest digest: String, at now: Date = Date()) -> Role? {
    person(ofDigest: digest, at: now)?.role
  }

  /// What stands for a token where the token itself must not be kept; it gives no access.
  package static func digest(ofToken token: String) -> String { Hex.text(SHA256.hash(data: Array(token.utf8))) }

  private func person(ofDigest digest: [UInt8], at now: Date) -> Person? {
    var found: Person?
    // All are compared, whatever the first ones say.
    for entry in known where Self.isSame(entry.digest, digest) && entry.expiresAt.map({ now < $0 }) ?? true {
      found = found ?? entry.person
    }
    return found
  }

  /// Compares all bytes, wherever the first difference is.
  private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func digest(_ path: String?) throws(SecretFileError) -> [UInt8]? {
    guard let path else { return nil }
    return Array(SHA256.hash(data: try SecretFile.read(path)))
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

/// The client of a request with a reader's or an admin's token: the token's name stands for its holder.
package struct Person: Hashable, Sendable {
  /// The token's name; `admin` and `reader` for those of the two files.
  package let name: String
  /// What it allows.
  package let role: Role
  /// The kinds that it is for; `nil` is the whole site.
  package let kinds: Set<String>?

  package init(name: String, role: Role, kinds: Set<String>? = nil) {
    self.name = name
    self.role = role
    self.kinds = kinds
  }
}

/// A token that has a name, as `<state>/tokens.json` keeps it: its digest, never the token.
package struct NamedToken: Codable, Hashable, Sendable {
  /// Letters, digits and `-`, `_`, `.`, as a site's name.
  package var name: String
  /// What it allows.
  package var role: Role
  /// The kinds that it is for; `nil` is the whole site.
  package var kinds: [String]?
  /// When it was made.
  package var createdAt: Date
  /// From when on it is refused; `nil` is never.
  package var expiresAt: Date?
  /// The SHA-256 of the token, 64 small hexadecimal digits.
  package var digest: String

  var person: Person { Person(name: name, role: role, kinds: kinds.map(Set.init)) }
}

/// The permissions of a reader's or admin's token.
package enum Role: String, Comparable, CaseIterable, Codable, Sendable {
  /// To look.
  case reader
  /// To look and to change.
  case admin

  /// An admin may what a reader may.
  package static func < (left: Role, right: Role) -> Bool { left == .reader && right == .admin }
}
