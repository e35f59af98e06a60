internal import Crypto
internal import TextBytes

/// The chain that ties each line to all before it: the first 16 hexadecimal digits of SHA-256 over the previous
/// chain's 16 digits and the line without its `chain` member and without its newline. Before the first line the chain
/// is the log's id.
enum Chain {
  /// - Parameters:
  ///   - previous: the chain before the line.
  ///   - body: the line up to where `,"chain"` stands or will stand, without the closing brace.
  static func next(after previous: UInt64, body: UnsafeRawBufferPointer) -> UInt64 {
    var hasher = SHA256()
    var digits: [UInt8] = []
    digits.reserveCapacity(16)
    Hex.append(previous, to: &digits)
    hasher.update(data: digits)
    hasher.update(bufferPointer: body)
    hasher.update(data: closing)
    return hasher.finalize().withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
  }

  private static let closing: [UInt8] = [UInt8(ascii: "}")]
}
