/// pkt-lines, written by hand: what a test sends must not be made by the part that it tests.
package enum PacketText {
  package static let flush = Array("0000".utf8)
  package static let delimiter = Array("0001".utf8)
  package static let responseEnd = Array("0002".utf8)

  /// Returns a line of text; a newline is added.
  package static func line(_ text: String) -> [UInt8] { packet(Array("\(text)\n".utf8)) }

  /// Returns a packet with these bytes, at most 65,516.
  package static func packet(_ bytes: some Collection<UInt8>) -> [UInt8] {
    precondition(bytes.count <= 65_516, "a packet holds 65,516 bytes")
    let digits = String(bytes.count + 4, radix: 16)
    return Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + bytes
  }

  /// Bytes in side-band packets of that band.
  package static func band(_ band: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var packets: [UInt8] = []
    var position = 0
    while position < bytes.count {
      let part = bytes[position..<min(position + 65_515, bytes.count)]
      packets += packet([band] + part)
      position += part.count
    }
    return packets
  }
}
