internal import Crypto
internal import TextBytes

/// The checksum at the end of a line or document: `,"NAME":"DIGITS"}`, 16 hexadecimal digits.
package struct LineSeal: Sendable {
  private let mark: [UInt8]

  /// - Parameter name: the member's name, without characters that JSON escapes.
  package init(_ name: String) { mark = Array(",\"\(name)\":\"".utf8) }

  /// What a sealed text ends with.
  package struct End {
    /// Bytes before the seal.
    package let bodyLength: Int
    /// `nil` when the seal does not hold 16 small hexadecimal digits.
    package let digits: UInt64?
  }

  /// Bytes of a seal.
  package var length: Int { mark.count + Hex.numberLength + 2 }

  /// Appends the seal, with the brace that ends the object.
  package func append(_ digits: UInt64, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: mark)
    Hex.append(digits, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: "}"))
  }

  /// Reads the seal at the end of a text; `nil` without one.
  package func end(of text: UnsafeRawBufferPointer) -> End? {
    let start = text.count - length
    guard start > 0, text[start..<(start + mark.count)].elementsEqual(mark) else { return nil }
    let place = (start + mark.count)..<(text.count - 2)
    let isClosed = text[text.count - 2] == UInt8(ascii: "\"") && text[text.count - 1] == UInt8(ascii: "}")
    return End(
      bodyLength: start, digits: isClosed ? Hex.number(utf8: UnsafeRawBufferPointer(rebasing: text[place])) : nil)
  }

  /// Whether the seal is the digest of the bytes before it; `nil` for a text without a seal.
  package func isIntact(_ text: UnsafeRawBufferPointer) -> Bool? {
    end(of: text).map { end in
      var digest = SealDigest()
      digest.add(UnsafeRawBufferPointer(rebasing: text[..<end.bodyLength]))
      return digest.value == end.digits
    }
  }
}

/// The first 64 bits of SHA-256 over bytes that arrive in parts.
package struct SealDigest {
  private var hash = SHA256()

  package init() {}

  package mutating func add(_ bytes: [UInt8]) { hash.update(data: bytes) }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  /// The digest of the bytes added so far.
  package var value: UInt64 {
    hash.finalize().withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
  }
}
