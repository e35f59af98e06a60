/// FNV-1a of 64 bits (Fowler, Noll, Vo): the same in every process and on every machine, which Swift's own hash is not.
/// It is no protection against chosen collisions.
package struct FNV1a: Sendable {
  /// The hash of the bytes added so far.
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  private static let prime: UInt64 = 0x100_0000_01b3

  /// The hash of no bytes.
  package init() {}

  /// Returns the hash of bytes.
  package static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash = FNV1a()
    for byte in bytes { hash.add(byte) }
    return hash.value
  }

  /// Adds one byte.
  package mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* Self.prime }

  /// Adds a number as eight bytes, the lowest first.
  package mutating func add(bytesOf number: UInt64) {
    for shift in stride(from: 0 as UInt64, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  /// Adds a number in one step and spreads its bits: for words that differ in few bits, such as neighbouring inodes and
  /// times. The result is another one than that of `add(bytesOf:)`.
  package mutating func add(word: UInt64) {
    var mixed = (value ^ word) &* Self.prime
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = mixed ^ (mixed >> 31)
  }
}
