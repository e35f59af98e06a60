internal import SystemPackage

/// The file name of a segment: the id of its first line with twenty digits, and `.jsonl`, so that `ls` and `cat *`
/// give them in order.
enum SegmentName {
  private static let digits = 20
  private static let suffix = ".jsonl"

  static func text(_ firstID: UInt64) -> String {
    let number = String(firstID)
    return String(repeating: "0", count: digits - number.utf8.count) + number + suffix
  }

  /// Returns the first id in a segment's name; nil for any other name.
  static func firstID(_ name: FilePath.Component) -> UInt64? {
    let text = name.string
    guard text.utf8.count == digits + suffix.utf8.count, text.hasSuffix(suffix),
      let id = UInt64(text.dropLast(suffix.count)), (1..<(1 << 63)).contains(id), self.text(id) == text
    else { return nil }
    return id
  }
}
