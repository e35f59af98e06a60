/// The most that is shown of one piece of server text, in bytes of UTF-8.
package let serverTextLimit = 400

/// Makes one harmless line out of bytes that a server sent.
///
/// Such text reaches terminals, logs and JSON. Escape sequences are dropped whole, control characters and line ends
/// become single spaces, invalid UTF-8 becomes U+FFFD, invisible characters that turn the direction of text are dropped,
/// and what is longer than `limit` bytes is cut with an ellipsis. The result has no space at either end.
package func sanitizedServerText(_ bytes: UnsafeRawBufferPointer, limit: Int = serverTextLimit) -> String {
  // A few times the limit is enough to look at; a hostile line is not walked to its end.
  let shown = UnsafeRawBufferPointer(rebasing: bytes.prefix(limit * 4 + 4))
  var escape = EscapeSequence.none
  var text = ""
  var length = 0
  for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
    if escape.swallows(scalar) || isDirectionMark(scalar) { continue }
    if isBlank(scalar) {
      guard !text.isEmpty, text.unicodeScalars.last != " " else { continue }
      text.unicodeScalars.append(" ")
      length += 1
    } else {
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

/// The same for bytes in an array.
package func sanitizedServerText(_ bytes: [UInt8], limit: Int = serverTextLimit) -> String {
  bytes.withUnsafeBytes { sanitizedServerText($0, limit: limit) }
}

private func trimmed(_ text: String) -> String {
  text.unicodeScalars.last == " " ? String(text.unicodeScalars.dropLast()) : text
}

/// Controls of both sets, spaces, and what some programs take for a line end.
private func isBlank(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value <= 0x20 || (0x7F...0xA0).contains(scalar.value) || scalar == "\u{2028}" || scalar == "\u{2029}"
}

/// Bidirectional controls (Unicode UAX #9): they can make a line read as something that it is not.
private func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
  default: false
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
