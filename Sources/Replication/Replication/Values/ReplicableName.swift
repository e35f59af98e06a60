/// The name of a kind of replicable, `project_repository`: used in files, URLs, metrics and the feature flag.
///
/// Small letters, digits and single underscores, a letter first, at most 63 characters.
public struct ReplicableName: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The name as text.
  public let text: String

  /// - Throws: `ReplicationError.invalidName` when the text breaks the rule above.
  public init(_ text: String) throws(ReplicationError) {
    let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    let isWellFormed = parts.allSatisfy { part in
      !part.isEmpty
        && part.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (0x30...0x39).contains($0) }
    }
    guard isWellFormed, text.utf8.count <= 63, text.utf8.first.map({ $0 > 0x39 }) == true else {
      throw .invalidName(text)
    }
    self.text = text
  }

  /// A name written in code.
  public init(stringLiteral text: String) {
    do { self = try ReplicableName(text) } catch { preconditionFailure("\(error)") }
  }

  /// The name as text.
  public var description: String { text }

  /// Bytewise order.
  public static func < (left: ReplicableName, right: ReplicableName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}
