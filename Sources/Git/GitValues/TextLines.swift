/// Splits text files that are written by hand or by programs: lists, known_hosts, netrc, configuration.
///
/// Works on bytes. Swift's `Character` takes CR LF for one character, so a split of a `String` at LF finds no line in a file
/// that was written on Windows.
package enum TextLines {
  /// The lines of a file: ended by LF or CR LF, the last one also by the end of the file. A UTF-8 byte order mark at the
  /// beginning is dropped. The number of a line is its index plus 1.
  package static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var text = bytes[...]
    if text.starts(with: byteOrderMark) { text = text.dropFirst(byteOrderMark.count) }
    return text.split(separator: lineFeed, omittingEmptySubsequences: false).map(withoutCarriageReturn)
  }

  /// The same as text; bytes that are not UTF-8 become U+FFFD.
  package static func strings(_ bytes: [UInt8]) -> [String] {
    split(bytes).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The words of a line, separated by spaces and tabs.
  package static func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  /// Names the encoding of a file whose bytes are not ASCII, UTF-8 or another superset of ASCII; `nil` for the usual ones.
  /// Windows PowerShell writes UTF-16 where nothing else is asked for.
  package static func foreignEncoding(of bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
    return bytes.prefix(4_096).contains(0) ? "UTF-16 or not text at all" : nil
  }

  private static func withoutCarriageReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  private static let lineFeed = UInt8(ascii: "\n")
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}
