internal import DurableJournal
internal import TextBytes

/// The hash chain over all lines up to a line: the first 16 hexadecimal digits of SHA-256 over the previous chain's 16
/// digits and the line without its `chain` member and without its newline. Before the first line the chain is the log's
/// id.
enum Chain {
  /// The member at the end of a line.
  static let seal = LineSeal("chain")

  /// - Parameters:
  ///   - previous: the chain before the line.
  ///   - body: the line up to its seal, without the closing brace.
  static func next(after previous: UInt64, body: UnsafeRawBufferPointer) -> UInt64 {
    var digits: [UInt8] = []
    digits.reserveCapacity(Hex.numberLength)
    Hex.append(previous, to: &digits)
    var digest = SealDigest()
    digest.add(digits)
    digest.add(body)
    digest.add(closing)
    return digest.value
  }

  private static let closing: [UInt8] = [UInt8(ascii: "}")]
}
