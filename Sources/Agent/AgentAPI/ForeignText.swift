/// Text that another site, a server or a client wrote, made fit for one line of a log, of status, or of a terminal.
///
/// Every such text passes here once, where it is decoded; what is stored, shown and logged afterwards is bounded and prints.
package enum ForeignText {
  /// Characters of a text that are kept.
  package static let longest = 500

  /// The first `longest` characters, with `?` for each character that does not print: control characters, line and paragraph
  /// separators, marks of direction, characters without width, tags. What was cut off is counted.
  package static func line(_ text: String, longest: Int = Self.longest) -> String {
    let scalars = text.unicodeScalars
    let end = scalars.index(scalars.startIndex, offsetBy: longest, limitedBy: scalars.endIndex) ?? scalars.endIndex
    var kept = String.UnicodeScalarView()
    for scalar in scalars[..<end] { kept.append(prints(scalar) ? scalar : "?") }
    guard end < scalars.endIndex else { return String(kept) }
    // Bytes, because counting the characters of a long text takes as long as reading it.
    return "\(String(kept))… (\(text.utf8.distance(from: end, to: text.utf8.endIndex)) more bytes)"
  }

  /// Whether a scalar may be written to a terminal: it shows itself, and changes nothing around it.
  package static func prints(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0x9f, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
      0xfff9...0xfffb, 0xe0000...0xe0fff:
      false
    default: true
    }
  }

  /// A word of a program's vocabulary, such as the code of a fault; `nil` for anything else.
  package static func word(_ text: String) -> String? {
    let isWord =
      (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    return isWord ? text : nil
  }
}
