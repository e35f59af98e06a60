/// An input that stands for several texts: they are separated by the byte 0x1e, which is in no text that is accepted.
enum InputParts {
  static let separator: UInt8 = 0x1e

  /// Returns the parts; `nil` for those behind the last separator.
  static func split(_ bytes: [UInt8], count: Int) -> [[UInt8]?] {
    let parts = bytes.split(separator: separator, maxSplits: count - 1, omittingEmptySubsequences: false).map(
      Array.init)
    return parts + [[UInt8]?](repeating: nil, count: count - parts.count)
  }
}
