import TextBytes

/// The name of a git object: a SHA-1 digest of 20 bytes.
///
/// Kept as three integers so that comparing and hashing cost no allocation: listings hold a million of them.
/// SHA-256 ids are not representable on purpose; libgit2 1.5.1 cannot hold such repositories and Remora refuses
/// them by name.
package struct ObjectID: Hashable, Sendable {
  private let high: UInt64
  private let middle: UInt64
  private let low: UInt32

  /// Length of the binary form, in bytes.
  package static let byteCount = 20
  /// Length of the hexadecimal form, in characters.
  package static let hexCount = 40
  /// Forty zeros: "no object". It never names one; in a listing it means a broken ref.
  package static let zero = ObjectID(high: 0, middle: 0, low: 0)

  private init(high: UInt64, middle: UInt64, low: UInt32) {
    self.high = high
    self.middle = middle
    self.low = low
  }

  /// True for forty zeros.
  package var isZero: Bool { self == .zero }

  /// Reads 20 bytes, most significant first, from unaligned memory. The buffer must hold at least 20.
  package init(rawBytes: UnsafeRawBufferPointer) {
    precondition(rawBytes.count >= Self.byteCount, "an object id has 20 bytes")
    high = UInt64(bigEndian: rawBytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    middle = UInt64(bigEndian: rawBytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    low = UInt32(bigEndian: rawBytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
  }

  /// Parses exactly 40 hexadecimal digits, either case. `nil` for anything else.
  package init?(hex: some Collection<UInt8>) {
    let parsed = hex.withContiguousStorageIfAvailable { ObjectID(hexBytes: UnsafeRawBufferPointer($0)) }
    guard let oid = parsed ?? Array(hex).withUnsafeBytes({ ObjectID(hexBytes: $0) }) else { return nil }
    self = oid
  }

  /// The same over borrowed bytes: the form for bulk reading, which the compiler need not specialise in every room.
  package init?(hexBytes: UnsafeRawBufferPointer) {
    guard hexBytes.count == Self.hexCount, let high = Self.word(hexBytes, 0..<16),
      let middle = Self.word(hexBytes, 16..<32), let low = Self.word(hexBytes, 32..<40)
    else { return nil }
    self.init(high: high, middle: middle, low: UInt32(truncatingIfNeeded: low))
  }

  /// Parses exactly 40 hexadecimal digits, either case. `nil` for anything else.
  package init?(_ text: String) { self.init(hex: text.utf8) }

  private static func word(_ digits: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
    var word: UInt64 = 0
    for position in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
      let characters = UInt64(bigEndian: digits.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      guard let value = halfWord(characters) else { return nil }
      word = word << 32 | value
    }
    return word
  }

  /// Reads eight digits at once, a byte of the integer each, since listings are mostly digits: digit by digit this was
  /// the hottest function of an update of 20,000 refs.
  private static func halfWord(_ characters: UInt64) -> UInt64? {
    let each: UInt64 = 0x0101_0101_0101_0101
    // '0'…'9' have bit 6 clear, 'A'…'F' and 'a'…'f' have it set and begin at 1 in their low half: hence the 9.
    let values = (characters & (0x0f * each)) &+ 9 &* ((characters >> 6) & (0x03 * each))
    guard values & (0xf0 * each) == 0 else { return nil }
    // A byte that is no digit does not round-trip, except for the case of letters.
    let isLetter = ((values &+ 0x06 * each) >> 4) & each
    let lowerCase = characters | (characters & (0x40 * each)) >> 1
    guard values &+ 0x30 * each &+ isLetter &* 39 == lowerCase else { return nil }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff
    return (quads | quads >> 16) & 0xffff_ffff
  }

  /// Calls `body` with the 20 bytes, most significant first.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let words = (high.bigEndian, middle.bigEndian, low.bigEndian)
    return try withUnsafeBytes(of: words) { try body(UnsafeRawBufferPointer(rebasing: $0[0..<Self.byteCount])) }
  }

  /// Appends the 40 lower-case hexadecimal digits.
  package func appendHex(to bytes: inout [UInt8]) {
    // Filled in one piece: a million refs are 40 million digits, and an append for each costs more than the hashing
    // after.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.hexCount) { digits in
      withBytes { raw in
        for (position, byte) in raw.enumerated() {
          digits[2 * position] = Hex.digit(byte >> 4)
          digits[2 * position + 1] = Hex.digit(byte)
        }
      }
      bytes.append(contentsOf: digits)
    }
  }

  /// The 40 lower-case hexadecimal digits.
  package var hex: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.hexCount)
    appendHex(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ObjectID: CustomStringConvertible {
  package var description: String { hex }
}

extension ObjectID: Comparable {
  /// Bytewise order, as in a pack index.
  package static func < (left: ObjectID, right: ObjectID) -> Bool {
    (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
  }
}
