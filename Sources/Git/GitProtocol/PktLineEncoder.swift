package import GitValues
import TextBytes

/// Builds a message of pkt-lines.
package struct PktLineEncoder {
  /// The message so far.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

  /// Adds a line of `text` and a newline.
  package mutating func line(_ text: String) {
    beginLine(contentCount: text.utf8.count + 1)
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Adds a line of `keyword`, a space, the object id, `rest` and a newline.
  package mutating func line(_ keyword: StaticString, _ oid: ObjectID, _ rest: String = "") {
    beginLine(contentCount: keyword.utf8CodeUnitCount + 1 + ObjectID.hexCount + rest.utf8.count + 1)
    keyword.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: " "))
    oid.appendHex(to: &bytes)
    bytes.append(contentsOf: rest.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Adds a line of what `fill` appends, and a newline. The content with its newline must fit in a packet.
  package mutating func line(_ fill: (inout [UInt8]) -> Void) {
    let start = bytes.count
    bytes.append(contentsOf: "0000".utf8)
    fill(&bytes)
    bytes.append(UInt8(ascii: "\n"))
    let length = bytes.count - start
    precondition(length <= PktLineDecoder.maximumCount, "a line of ours fits in a packet")
    for (position, shift) in [12, 8, 4, 0].enumerated() {
      bytes[start + position] = Hex.digit(UInt8(truncatingIfNeeded: length >> shift))
    }
  }

  /// Adds `0000`, the end of a message.
  package mutating func flush() { bytes.append(contentsOf: "0000".utf8) }

  /// Adds `0001`, the border between sections.
  package mutating func delimiter() { bytes.append(contentsOf: "0001".utf8) }

  private mutating func beginLine(contentCount: Int) {
    let length = contentCount + PktLineDecoder.headerCount
    precondition(length <= PktLineDecoder.maximumCount, "a line of ours fits in a packet")
    for shift in [12, 8, 4, 0] {
      bytes.append(Hex.digit(UInt8(truncatingIfNeeded: length >> shift)))
    }
  }
}
