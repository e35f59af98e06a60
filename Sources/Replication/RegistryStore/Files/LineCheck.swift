internal import Crypto
internal import Replication
internal import TextBytes

/// Tells a flipped bit in a line or a document from what was written: the first 16 hexadecimal digits of SHA-256.
///
/// A journal line ends with `,"check":"DIGITS"}`, over the bytes before that comma; a document ends with `],"check":"DIGITS"}`,
/// over everything before that comma. Without a check, a line or a document is believed: people may write one.
struct LineCheck {
  private var hash = SHA256()

  mutating func add(_ bytes: [UInt8]) { hash.update(data: bytes) }

  /// `,"check":"DIGITS"}`.
  func ending() -> [UInt8] {
    var bytes = Array(",\"check\":\"".utf8)
    Hex.append(digits, to: &bytes)
    return bytes + Array("\"}".utf8)
  }

  var digits: UInt64 {
    var number: UInt64 = 0
    for byte in hash.finalize().prefix(8) { number = number << 8 | UInt64(byte) }
    return number
  }

  /// The bytes that an ending of ours stands for at their end, and whether they are as they were written; `nil` without one.
  static func isIntact(_ bytes: UnsafeRawBufferPointer) -> Bool? {
    let length = 28
    guard bytes.count > length else { return nil }
    let start = bytes.count - length
    guard UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 10)]).elementsEqual(",\"check\":\"".utf8) else {
      return nil
    }
    var hash = SHA256()
    hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[..<start]))
    var check = LineCheck()
    check.hash = hash
    return check.ending().elementsEqual(bytes[start...])
  }
}
