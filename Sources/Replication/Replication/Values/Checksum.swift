import TextBytes

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
    var description = description
    guard let checksum = description.withUTF8({ Checksum(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = checksum
  }

  /// The same over borrowed bytes, for bulk reading.
  package init?(utf8 text: UnsafeRawBufferPointer) {
    let start = Self.prefix.count
    guard text.count == start + 64, text.starts(with: Self.prefix) else { return nil }
    func word(_ number: Int) -> UInt64? {
      let first = start + number * Hex.numberLength
      return Hex.number(utf8: UnsafeRawBufferPointer(rebasing: text[first..<(first + Hex.numberLength)]))
    }
    guard let first = word(0), let second = word(1), let third = word(2), let fourth = word(3) else { return nil }
    words = (first, second, third, fourth)
  }

  private static let prefix = Array("sha256:".utf8)

  /// `sha256:HEX`.
  public var description: String {
    String(unsafeUninitializedCapacity: Self.prefix.count + 64) { buffer in
      var end = 0
      for byte in Self.prefix {
        buffer[end] = byte
        end += 1
      }
      for word in [words.0, words.1, words.2, words.3] { end = Hex.write(word, to: buffer, at: end) }
      return end
    }
  }

  /// Two digests with the same bytes.
  public static func == (left: Checksum, right: Checksum) -> Bool { left.words == right.words }

  /// Hashes the digest.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.3)
  }
}
