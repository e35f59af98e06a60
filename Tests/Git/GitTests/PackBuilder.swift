/// Writes packs that no git would: duplicates, missing bases, endless chains. Contents are stored, not compressed.
struct PackBuilder {
  private var entries: [UInt8] = []
  private var count: UInt32 = 0
  private var lastEntrySize = 0

  /// - Parameter size: what the entry declares, if it should be a lie.
  mutating func addBlob(_ content: [UInt8], declaring size: Int? = nil) {
    add(type: 3, size: size ?? content.count, prefix: [], content: content)
  }

  /// Adds a delta on an object named by its id.
  mutating func addRefDelta(base: [UInt8], _ delta: [UInt8]) {
    add(type: 7, size: delta.count, prefix: base, content: delta)
  }

  /// Adds a delta on the entry before this one.
  mutating func addDeltaOnLast(_ delta: [UInt8]) {
    var distance = lastEntrySize
    var offset = [UInt8(distance & 0x7F)]
    distance >>= 7
    while distance > 0 {
      distance -= 1
      offset.insert(UInt8(0x80 | distance & 0x7F), at: 0)
      distance >>= 7
    }
    add(type: 6, size: delta.count, prefix: offset, content: delta)
  }

  /// Returns the delta that turns `baseSize` bytes into these, at most 127 of each.
  static func delta(from baseSize: Int, to content: [UInt8]) -> [UInt8] {
    [UInt8(baseSize), UInt8(content.count), UInt8(content.count)] + content
  }

  /// Returns the pack with its trailer. `declared` is the count in the header, if it should be a lie.
  func bytes(declared: UInt32? = nil, workshop: Workshop) throws -> [UInt8] {
    let number = declared ?? count
    let body = Array("PACK".utf8) + [0, 0, 0, 2] + Self.bigEndian(number) + entries
    return try body + workshop.sha1(body)
  }

  private mutating func add(type: UInt8, size: Int, prefix: [UInt8], content: [UInt8]) {
    var header: [UInt8] = []
    var byte = type << 4 | UInt8(size & 15)
    var rest = size >> 4
    while rest > 0 {
      header.append(byte | 0x80)
      byte = UInt8(rest & 0x7F)
      rest >>= 7
    }
    header.append(byte)
    let entry = header + prefix + Self.stored(content)
    entries += entry
    lastEntrySize = entry.count
    count += 1
  }

  /// Returns a zlib stream of one stored block (RFC 1950, RFC 1951 § 3.2.4), up to 65,535 bytes.
  static func stored(_ content: [UInt8]) -> [UInt8] {
    let size = UInt16(content.count)
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in content {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    let lengths = [size, ~size].flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    return [0x78, 0x01, 0x01] + lengths + content + bigEndian(high << 16 | low)
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
