package import Foundation

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
