internal import Glibc
package import SystemPackage

/// Paths as text. A path on Unix is bytes and need not be UTF-8; a Swift `String` always is.
///
/// Each byte that is not part of valid UTF-8 becomes a scalar of a private plane, U+10FE80 to U+10FEFF, and is turned back
/// into the byte where the path is given to the system. Text that holds such scalars itself comes back unchanged as well:
/// their own bytes are encoded one by one.
package enum PathText {
  /// The bytes of a path as text.
  package static func text(_ bytes: some Collection<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    var decoder = UTF8()
    var rest = bytes[...]
    while let first = rest.first {
      var iterator = rest.makeIterator()
      let start = decoder.decode(&iterator)
      decoder = UTF8()
      if case .scalarValue(let scalar) = start, !escapes.contains(scalar.value) {
        text.append(scalar)
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        text.append(escaped(first))
        rest = rest.dropFirst()
      }
    }
    return String(text)
  }

  /// The path's own bytes again.
  package static func bytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if escapes.contains(scalar.value) {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes += UTF8.encode(scalar).map(Array.init) ?? []
      }
    }
    return bytes
  }

  /// True when the path is not UTF-8.
  package static func isEscaped(_ text: String) -> Bool {
    // All escapes begin with these three bytes in UTF-8 (U+10FE80...U+10FEFF).
    text.utf8.contains(0xF4) && text.unicodeScalars.contains { escapes.contains($0.value) }
  }

  /// For display: U+FFFD in place of bytes that are no text.
  package static func shown(_ text: String) -> String {
    isEscaped(text) ? String(decoding: bytes(text), as: UTF8.self) : text
  }

  /// Lends the path as a C string with the path's own bytes.
  @discardableResult
  package static func withCString<Result>(
    _ text: String, _ body: (UnsafePointer<CChar>) throws -> Result
  ) rethrows -> Result {
    guard isEscaped(text) else { return try text.withCString(body) }
    return try (bytes(text) + [0]).withUnsafeBytes { raw in
      try raw.withMemoryRebound(to: CChar.self) { chars in
        guard let start = chars.baseAddress else { preconditionFailure("a C string has its last byte") }
        return try body(start)
      }
    }
  }

  private static let escapes: ClosedRange<UInt32> = 0x10FE80...0x10FEFF

  private static func escaped(_ byte: UInt8) -> Unicode.Scalar {
    // A byte that is not valid UTF-8 is 0x80 or more; a scalar of the escapes begins with 0xF4.
    guard let scalar = Unicode.Scalar(0x10FE00 + UInt32(byte)) else {
      preconditionFailure("a scalar of a private plane is one")
    }
    return scalar
  }
}

extension FilePath {
  /// The path that a text of `PathText` stands for.
  package init(pathText text: String) {
    guard PathText.isEscaped(text) else {
      self.init(text)
      return
    }
    self = PathText.withCString(text) { FilePath(platformString: $0) }
  }

  /// The path as `PathText`, for libraries that take a `String`. Unlike `string` it is lossless.
  package var pathText: String {
    let text = string
    // The text of a path that is not UTF-8 has replacement characters.
    guard text.unicodeScalars.contains(where: { $0 == "\u{FFFD}" || $0.value >= 0x10FE80 }) else { return text }
    return withPlatformString { start in
      PathText.text(UnsafeBufferPointer(start: start, count: strlen(start)).map(UInt8.init(bitPattern:)))
    }
  }

  /// True when something is at the path; links are followed.
  package var exists: Bool { withPlatformString { access($0, F_OK) } == 0 }
}
