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
