import Crypto
package import GitValues

/// Writes packs byte by byte, so that a test can also write what no git would.
///
/// Objects are not compressed (deflate's stored blocks): right, portable, and needs no zlib.
package struct PackWriter {
  /// The types of a pack entry, by their numbers in the format.
  package enum Kind: UInt8, Sendable {
    case commit = 1
    case tree = 2
    case blob = 3
    case tag = 4
    case offsetDelta = 6
    case referenceDelta = 7

    var name: String {
      switch self {
      case .commit: "commit"
      case .tree: "tree"
      case .blob: "blob"
      case .tag: "tag"
      case .offsetDelta, .referenceDelta: preconditionFailure("a delta has no name of its own")
      }
    }
  }

  private var body: [UInt8] = []
  private var count: UInt32 = 0

  package init() {}

  /// Returns the oid of an object.
  package static func oid(_ kind: Kind, _ content: [UInt8]) -> ObjectID {
    var hash = Insecure.SHA1()
    hash.update(data: Array("\(kind.name) \(content.count)\0".utf8))
    hash.update(data: content)
    return hash.finalize().withUnsafeBytes { ObjectID(rawBytes: $0) }
  }

  /// Where the next entry will begin, counted from the start of the pack.
  package var nextOffset: Int { 12 + body.count }

  /// Adds a whole object.
  @discardableResult
  package mutating func add(_ kind: Kind, _ content: [UInt8]) -> ObjectID {
    header(kind, size: content.count)
    appendZlib(content)
    return Self.oid(kind, content)
  }

  /// Adds a delta against an object that is named by its oid, in this pack or not.
  package mutating func addDelta(against base: ObjectID, _ delta: [UInt8]) {
    header(.referenceDelta, size: delta.count)
    base.withBytes { body.append(contentsOf: $0) }
    appendZlib(delta)
  }

  /// Adds a delta against the entry that begins at `offset`.
  package mutating func addDelta(againstOffset offset: Int, _ delta: [UInt8]) {
    var distance = nextOffset - offset
    header(.offsetDelta, size: delta.count)
    var digits = [UInt8(distance & 0x7F)]
    distance >>= 7
    while distance > 0 {
      distance -= 1
      digits.append(UInt8(distance & 0x7F) | 0x80)
      distance >>= 7
    }
    body.append(contentsOf: digits.reversed())
    appendZlib(delta)
  }

  /// Adds an entry whose declared size is a lie.
  package mutating func add(_ kind: Kind, _ content: [UInt8], declaringSize size: Int) {
    header(kind, size: size)
    appendZlib(content)
  }

  /// Returns the pack: header, entries, trailer.
  ///
  /// - Parameter declaredCount: what the header says; nil for the truth.
  package func finish(declaredCount: UInt32? = nil) -> [UInt8] {
    var pack = Array("PACK".utf8) + [0, 0, 0, 2] + bigEndian(declaredCount ?? count) + body
    pack.append(contentsOf: Insecure.SHA1.hash(data: pack))
    return pack
  }

  private mutating func header(_ kind: Kind, size: Int) {
    count += 1
    var rest = size >> 4
    var byte = kind.rawValue << 4 | UInt8(size & 0x0F)
    while rest > 0 {
      body.append(byte | 0x80)
      byte = UInt8(rest & 0x7F)
      rest >>= 7
    }
    body.append(byte)
  }

  private mutating func appendZlib(_ content: [UInt8]) {
    body.append(contentsOf: [0x78, 0x01])
    var position = 0
    repeat {
      let length = min(content.count - position, 65_535)
      let isLast = position + length == content.count
      let low = UInt8(length & 0xFF)
      let high = UInt8(length >> 8)
      body.append(contentsOf: [isLast ? 1 : 0, low, high, ~low, ~high])
      body.append(contentsOf: content[position..<position + length])
      position += length
    } while position < content.count
    body.append(contentsOf: bigEndian(Self.adler32(content)))
  }

  private static func adler32(_ content: [UInt8]) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in content {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }
}

private func bigEndian(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
