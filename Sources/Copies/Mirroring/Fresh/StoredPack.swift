internal import Crypto
internal import Git

/// Writes a pack of whole objects, byte by byte, without compression (deflate's stored blocks, RFC 1951 § 3.2.4): the
/// carried objects are few, and the next housekeeping compresses them. Format: gitformat-pack(5).
struct StoredPack {
  private var pending: [UInt8] = []
  private var hash = Insecure.SHA1()

  /// Begins a pack of so many objects.
  init(objects: Int) {
    pending += Array("PACK".utf8) + Self.bigEndian(2) + Self.bigEndian(UInt32(objects))
  }

  mutating func add(_ type: ObjectType, _ content: UnsafeRawBufferPointer) {
    var size = content.count >> 4
    var byte = Self.number(of: type) << 4 | UInt8(content.count & 0x0f)
    while size > 0 {
      pending.append(byte | 0x80)
      byte = UInt8(size & 0x7f)
      size >>= 7
    }
    pending.append(byte)
    // zlib's header for no compression, blocks of at most 65,535 bytes, and the checksum of RFC 1950.
    pending += [0x78, 0x01]
    var rest = content[...]
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(65_535)
      let length = UInt16(block.count)
      pending += [rest.isEmpty ? 1 : 0, UInt8(length & 0xff), UInt8(length >> 8)]
      pending += [UInt8(~length & 0xff), UInt8(~length >> 8)]
      pending.append(contentsOf: block)
    } while !rest.isEmpty
    pending += Self.bigEndian(Self.adler32(content))
  }

  /// Ends it with its own digest.
  mutating func finish() {
    hash.update(data: pending)
    let digest = Array(hash.finalize())
    hash = Insecure.SHA1()
    pending += digest
  }

  /// Passes the bytes written since the last call to `take`.
  mutating func drain(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
    hash.update(data: pending)
    try pending.withUnsafeBytes(take)
    pending.removeAll(keepingCapacity: true)
  }

  private static func number(of type: ObjectType) -> UInt8 {
    switch type {
    case .commit: 1
    case .tree: 2
    case .blob: 3
    case .tag: 4
    }
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 0xff), UInt8(value >> 8 & 0xff), UInt8(value & 0xff)]
  }

  private static func adler32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    // So many sums fit into 32 bits before the remainder must be taken (RFC 1950's own figure).
    var rest = bytes[...]
    while !rest.isEmpty {
      for byte in rest.prefix(5_552) {
        low += UInt32(byte)
        high += low
      }
      low %= 65_521
      high %= 65_521
      rest = rest.dropFirst(5_552)
    }
    return high << 16 | low
  }
}
