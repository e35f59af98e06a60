/// The name of a site: `berlin`, `eu-1.example`. In tokens, configuration and URLs.
///
/// Letters, digits and `-`, `_`, `.`, a letter or digit first, at most 63 characters. Two names are equal byte by byte.
package struct SiteName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The name as text.
  package let text: String

  /// `nil` when the text breaks the rule above.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard let first = bytes.first, Self.isAlphanumeric(first), bytes.count <= 63,
      bytes.allSatisfy({ Self.isAlphanumeric($0) || [0x2d, 0x2e, 0x5f].contains($0) })
    else { return nil }
    self.text = text
  }

  /// The rule, for the message about a name that breaks it.
  package static let rule = "use letters, digits and '-', '_', '.', a letter or digit first, at most 63"

  /// The name as text.
  package var description: String { text }

  /// Bytewise order.
  package static func < (left: SiteName, right: SiteName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}
