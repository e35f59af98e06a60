/// Makes text that another site, a server, a client or a file contains fit for one line of a log, of status, or of a
/// terminal.
///
/// Every such text passes here once, where it is decoded; stored, displayed and logged text is bounded and printable.
package enum ForeignText {
  /// Characters that `line` keeps.
  package static let longest = 500

  // MARK: Classes of characters

  /// Whether a scalar is a control character: C0, DEL or C1. Some terminals obey C1 controls (U+0080 to U+009F) as they
  /// obey ESC.
  package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
  }

  /// Whether a byte is a control character of ASCII.
  package static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

  /// Whether a scalar ends a line or a paragraph without being a control character.
  package static func isLineSeparator(_ scalar: Unicode.Scalar) -> Bool { (0x2028...0x2029).contains(scalar.value) }

  /// Whether a scalar prints itself and changes nothing around it: no control character, separator of lines, mark of
  /// direction (Unicode UAX #9), character without width, or tag.
  package static func prints(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0x9f, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
      0xfff9...0xfffb, 0xe0000...0xe0fff:
      false
    default: true
    }
  }

  // MARK: Text that prints

  /// Returns the first `longest` scalars, with `?` for each that does not print, and the count of the bytes that were
  /// cut off.
  package static func line(_ text: String, longest: Int = Self.longest) -> String {
    let scalars = text.unicodeScalars
    let end = scalars.index(scalars.startIndex, offsetBy: longest, limitedBy: scalars.endIndex) ?? scalars.endIndex
    let kept = marked(scalars[..<end]) { !prints($0) }
    guard end < scalars.endIndex else { return kept }
    // Bytes, because counting the characters of a long text takes as long as reading it.
    return "\(kept)… (\(text.utf8.distance(from: end, to: text.utf8.endIndex)) more bytes)"
  }

  /// Returns the first `longest` scalars, with `?` for each control character; all else stays, so that a name or a path
  /// is shown as it is.
  package static func withoutControls(_ text: String, longest: Int = .max) -> String {
    marked(text.unicodeScalars.prefix(longest), where: isControl)
  }

  /// Returns the text with `\u{NUMBER}` for each scalar that `isHidden` names: those that do not print, where the
  /// caller says nothing else.
  package static func numbered(
    _ text: some StringProtocol, where isHidden: (Unicode.Scalar) -> Bool = { !ForeignText.prints($0) }
  ) -> String {
    replaced(text.unicodeScalars, where: isHidden) { "\\u{\(String($0.value, radix: 16))}" }
  }

  private static func marked(
    _ scalars: some Sequence<Unicode.Scalar>, where isHidden: (Unicode.Scalar) -> Bool
  ) -> String { replaced(scalars, where: isHidden) { _ in "?" } }

  private static func replaced(
    _ scalars: some Sequence<Unicode.Scalar>, where isHidden: (Unicode.Scalar) -> Bool,
    by replacement: (Unicode.Scalar) -> String
  ) -> String {
    var text = String.UnicodeScalarView()
    for scalar in scalars {
      if isHidden(scalar) { text += replacement(scalar).unicodeScalars } else { text.append(scalar) }
    }
    return String(text)
  }

  // MARK: Words

  /// Returns a word of a program's vocabulary, such as the code of a fault; `nil` for anything else.
  package static func word(_ text: String) -> String? {
    let isWord =
      (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    return isWord ? text : nil
  }
}

extension ForeignText {
  /// The most that `serverLine` returns of one piece of server text, in bytes of UTF-8.
  package static let serverLimit = 400

  /// Makes one harmless line out of bytes that a server sent, for terminals, logs and JSON.
  ///
  /// Drops escape sequences and characters that do not print, replaces control characters and line ends by single
  /// spaces and invalid UTF-8 by U+FFFD, and cuts text longer than `limit` bytes with an ellipsis. The result has no
  /// space at either end.
  package static func serverLine(_ bytes: UnsafeRawBufferPointer, limit: Int = serverLimit) -> String {
    // A few times the limit is enough to look at; a hostile line is not walked to its end.
    let shown = UnsafeRawBufferPointer(rebasing: bytes.prefix(limit * 4 + 4))
    var escape = EscapeSequence.none
    var text = ""
    var length = 0
    for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
      if escape.swallows(scalar) { continue }
      if isBlank(scalar) {
        guard !text.isEmpty, text.unicodeScalars.last != " " else { continue }
        text.unicodeScalars.append(" ")
        length += 1
      } else if prints(scalar) {
        text.unicodeScalars.append(scalar)
        length += UTF8.width(scalar)
      }
      if length > limit {
        text.unicodeScalars.removeLast()
        return trimmed(text) + "…"
      }
    }
    return trimmed(text)
  }

  /// Makes one harmless line out of bytes in an array.
  package static func serverLine(_ bytes: [UInt8], limit: Int = serverLimit) -> String {
    bytes.withUnsafeBytes { serverLine($0, limit: limit) }
  }

  private static func trimmed(_ text: String) -> String {
    text.unicodeScalars.last == " " ? String(text.unicodeScalars.dropLast()) : text
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    isControl(scalar) || isLineSeparator(scalar) || scalar == " " || scalar == "\u{A0}"
  }
}

/// How far into a terminal's escape sequence (ECMA-48 § 5.3 to 5.6) a walk over characters is.
private enum EscapeSequence {
  case none
  /// After ESC.
  case begun
  /// After `ESC [`: ends with a character from `@` to `~`.
  case control
  /// After `ESC ]` and its like: ends with BEL or `ESC \`.
  case string

  /// True when the character belongs to a sequence.
  mutating func swallows(_ scalar: Unicode.Scalar) -> Bool {
    switch (self, scalar) {
    case (_, "\u{1B}"): self = .begun
    case (.none, "\u{9B}"): self = .control
    case (.none, _): return false
    case (.begun, "["): self = .control
    case (.begun, "]"), (.begun, "P"), (.begun, "_"), (.begun, "^"), (.begun, "X"): self = .string
    case (.begun, _): self = .none
    case (.control, "\u{40}"..."\u{7E}"): self = .none
    case (.control, _): break
    case (.string, "\u{07}"): self = .none
    case (.string, _): break
    }
    return true
  }
}
