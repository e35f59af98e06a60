/// The most that is shown of one piece of server text, in bytes of UTF-8.
package let serverTextLimit = 400

/// Makes one harmless line out of bytes that a server sent.
///
/// Such text reaches terminals, logs and JSON. Control characters, line ends and escape sequences become single
/// spaces, invalid UTF-8 becomes U+FFFD, invisible characters that turn the direction of text are dropped, and what
/// is longer than `limit` bytes is cut with an ellipsis. The result has no space at either end.
package func sanitizedServerText(_ bytes: UnsafeRawBufferPointer, limit: Int = serverTextLimit) -> String {
  // A character needs four bytes at most, so a few times the limit is enough to look at; a hostile line is not
  // walked to its end.
  let shown = UnsafeRawBufferPointer(rebasing: bytes.prefix(limit * 4 + 4))
  var text = ""
  var length = 0
  var isInEscape = false
  for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
    if scalar == "\u{1B}" || scalar == "\u{9B}" {
      isInEscape = true
      continue
    }
    if isInEscape {
      // A control sequence ends with a letter (ECMA-48 § 5.4: 0x40 to 0x7E, `[` opens it).
      isInEscape = scalar == "[" || !(0x40...0x7E).contains(scalar.value)
      continue
    }
    if isDirectionMark(scalar) { continue }
    let isBlank = scalar.value <= 0x20 || (0x7F...0xA0).contains(scalar.value) || isLineSeparator(scalar)
    if isBlank {
      if !text.isEmpty, text.unicodeScalars.last != " " {
        text.unicodeScalars.append(" ")
        length += 1
      }
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

private func isLineSeparator(_ scalar: Unicode.Scalar) -> Bool { scalar == "\u{2028}" || scalar == "\u{2029}" }

/// Bidirectional controls (Unicode UAX #9): they can make a line read as something that it is not.
private func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
  default: false
  }
}
