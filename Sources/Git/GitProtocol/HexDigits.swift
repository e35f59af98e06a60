import GitValues

/// The value of a hexadecimal digit of either case; `nil` for anything else.
@inline(__always)
func hexDigitValue(_ character: UInt8) -> UInt8? {
  switch character {
  case 0x30...0x39: character &- 0x30
  case 0x61...0x66: character &- 0x61 &+ 10
  case 0x41...0x46: character &- 0x41 &+ 10
  default: nil
  }
}

extension ObjectID {
  /// Parses exactly 40 hexadecimal digits, borrowed. The general initialiser walks any collection, through a
  /// witness table a byte when it is called from another module; this one is for listings of a million.
  init?(borrowedHex hex: UnsafeRawBufferPointer) {
    guard hex.count == Self.hexCount else { return nil }
    let parsed = withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 8) { raw -> ObjectID? in
      for position in 0..<Self.byteCount {
        guard let high = hexDigitValue(hex[position &* 2]), let low = hexDigitValue(hex[position &* 2 &+ 1]) else {
          return nil
        }
        raw[position] = high << 4 | low
      }
      return ObjectID(rawBytes: UnsafeRawBufferPointer(raw))
    }
    guard let parsed else { return nil }
    self = parsed
  }
}
