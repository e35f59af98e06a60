import TextBytes

/// The full name of a ref: bytes, as git sees them.
///
/// Not a `String`: git compares bytes, Swift compares canonical Unicode, and two names that differ only in
/// normalisation are
/// two refs. Any bytes can be held; `isValid` says whether git would accept them.
package struct ReferenceName: Hashable, Sendable {
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }
  package init(_ text: String) { bytes = Array(text.utf8) }

  package static let head = ReferenceName("HEAD")
  /// The namespace of every ref but `HEAD`, with its slash.
  package static let refsPrefix = Array("refs/".utf8)

  /// True for a name below `refs/` that git accepts (git-check-ref-format(1), rules 1 to 10, without `--allow-
  /// onelevel`).
  package var isValid: Bool {
    bytes.withUnsafeBytes { ReferenceName.isValid($0) }
  }

  /// The same check over borrowed bytes, for bulk reading.
  ///
  /// Every rule is one that a copy must have: a name with a newline forges a line of `packed-refs`, one with
  /// `..` or a leading
  /// slash leaves the directory, `.lock` collides with locks.
  package static func isValid(_ name: UnsafeRawBufferPointer) -> Bool {
    guard name.count > refsPrefix.count, name.starts(with: refsPrefix) else { return false }
    var componentStart = 0
    var previous: UInt8 = 0
    for position in 0...name.count {
      let byte = position < name.count ? name[position] : UInt8(ascii: "/")
      if byte == UInt8(ascii: "/") {
        guard isValidComponent(UnsafeRawBufferPointer(rebasing: name[componentStart..<position])) else { return false }
        componentStart = position + 1
      } else if isForbidden(byte) {
        return false
      } else if byte == UInt8(ascii: "."), previous == UInt8(ascii: ".") {
        return false
      } else if byte == UInt8(ascii: "{"), previous == UInt8(ascii: "@") {
        return false
      }
      previous = byte
    }
    return name[name.count - 1] != UInt8(ascii: ".")
  }

  private static func isValidComponent(_ component: UnsafeRawBufferPointer) -> Bool {
    guard let last = component.last, component[0] != UInt8(ascii: ".") else { return false }
    // Few end in that letter, and a million names are looked at.
    return last != UInt8(ascii: "k") || !component.suffix(5).elementsEqual(".lock".utf8)
  }

  private static func isForbidden(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, 0x7F: true
    case UInt8(ascii: "~"), UInt8(ascii: "^"), UInt8(ascii: ":"), UInt8(ascii: "?"), UInt8(ascii: "*"): true
    case UInt8(ascii: "["), UInt8(ascii: "\\"): true
    default: false
    }
  }
}

extension ReferenceName: Comparable {
  /// Bytewise order, as `LC_ALL=C sort` and packed-refs have it.
  package static func < (left: ReferenceName, right: ReferenceName) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ReferenceName: CustomStringConvertible {
  /// For display and JSON: bytes that are not UTF-8, or would move a terminal's cursor, end a line or turn the direction of text, are
  /// shown as `%XX`.
  ///
  /// Exact for every name that has none of those; a `%` in a name stays as it is.
  package var description: String {
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: Self.isControl) {
      return text
    }
    return PercentCoding.encode(bytes) { (0x20..<0x7F).contains($0) }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    if ForeignText.isControl(scalar) || ForeignText.isLineSeparator(scalar) { return true }
    // Bidirectional controls (Unicode UAX #9). Fewer than `ForeignText.prints` names: this form is stored, and stays.
    return switch scalar.value {
    case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
