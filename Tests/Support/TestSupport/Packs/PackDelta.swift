/// Writes the instructions of a pack's delta.
package struct PackDelta {
  package private(set) var bytes: [UInt8] = []

  /// - Parameters: the sizes in bytes that the delta declares for its base and its result.
  package init(from base: Int, to result: Int) {
    appendSize(base)
    appendSize(result)
  }

  /// Copies from the base: offset below 2³², count from 1 to 0xFFFFFF.
  package mutating func copy(offset: Int, count: Int) {
    precondition((1...0xFF_FFFF).contains(count) && offset >> 32 == 0, "beyond what one instruction can copy")
    var instruction: UInt8 = 0x80
    var operands: [UInt8] = []
    for position in 0..<4 {
      let byte = UInt8(offset >> (8 * position) & 0xFF)
      if byte != 0 {
        instruction |= 1 << position
        operands.append(byte)
      }
    }
    for position in 0..<3 {
      let byte = UInt8(count >> (8 * position) & 0xFF)
      if byte != 0 {
        instruction |= 0x10 << position
        operands.append(byte)
      }
    }
    bytes.append(instruction)
    bytes += operands
  }

  /// Adds new bytes.
  package mutating func insert(_ content: [UInt8]) {
    var position = 0
    while position < content.count {
      let part = content[position..<min(position + 127, content.count)]
      bytes.append(UInt8(part.count))
      bytes += part
      position += part.count
    }
  }

  private mutating func appendSize(_ size: Int) {
    var rest = size
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
