import GitValues
import TextBytes

// What the parts of a repository's URL ask of percent-encoding in addition to RFC 3986.
extension PercentCoding {
  /// Undoes the encoding. `nil` when a `%` is not followed by two digits, or the result is not UTF-8 or holds a control
  /// character.
  static func decodeText(_ text: some StringProtocol) -> String? {
    decodeBytes(text).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The same for a path, which need not be UTF-8, as `PathText`.
  static func decodePath(_ text: some StringProtocol) -> String? { decodeBytes(text).map { PathText.text($0) } }

  private static func decodeBytes(_ text: some StringProtocol) -> [UInt8]? {
    decode(PathText.bytes(String(text))).flatMap { $0.contains(where: ForeignText.isControl) ? nil : $0 }
  }

  /// Encodes characters that are not allowed in the path or query of a request line, and leaves encoded ones.
  static func encodeIllegal(_ text: some StringProtocol) -> String {
    encode(PathText.bytes(String(text))) { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }
  }
}
