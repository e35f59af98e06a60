/// The digest that two sites compare, `sha256:` and 64 small hexadecimal digits: of a ref view (product contract § 2) or of a
/// file's bytes.
public struct Checksum: Hashable, Sendable, CustomStringConvertible, LosslessStringConvertible {
  // Four integers and no text: a registry of a million entries holds two million of these.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The SHA-256 digest's 32 bytes.
  public init(sha256 bytes: some Sequence<UInt8>) {
    var words: [UInt64] = [0, 0, 0, 0]
    var count = 0
    for byte in bytes {
      precondition(count < 32, "a SHA-256 digest has 32 bytes")
      words[count / 8] = words[count / 8] << 8 | UInt64(byte)
      count += 1
    }
    precondition(count == 32, "a SHA-256 digest has 32 bytes")
    self.words = (words[0], words[1], words[2], words[3])
  }

  /// Reads `sha256:HEX`; `nil` for anything else.
  public init?(_ description: String) {
    guard description.hasPrefix(Self.prefix), description.utf8.count == Self.prefix.utf8.count + 64 else { return nil }
    var rest = description.dropFirst(Self.prefix.count)
    var words: [UInt64] = []
    for _ in 0..<4 {
      guard let word = FixedHex.value(String(rest.prefix(16))) else { return nil }
      words.append(word)
      rest = rest.dropFirst(16)
    }
    self.words = (words[0], words[1], words[2], words[3])
  }

  private static let prefix = "sha256:"

  /// `sha256:HEX`.
  public var description: String {
    Self.prefix + FixedHex.text(words.0) + FixedHex.text(words.1) + FixedHex.text(words.2) + FixedHex.text(words.3)
  }

  /// Two digests with the same bytes.
  public static func == (left: Checksum, right: Checksum) -> Bool { left.words == right.words }

  /// Hashes the digest.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.3)
  }
}
