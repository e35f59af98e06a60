internal import GitValues

/// A position in the borrowed bytes of an object: what the three parsers have in common. Allocates nothing.
struct ObjectReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }
  var remaining: Int { bytes.count - position }
  var next: UInt8? { isAtEnd ? nil : bytes[position] }

  mutating func skip() { position += 1 }

  /// True when the bytes ahead begin so; moves past them then.
  mutating func skip(_ prefix: StaticString) -> Bool {
    guard remaining >= prefix.utf8CodeUnitCount,
      UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        .elementsEqual(bytes[position..<position + prefix.utf8CodeUnitCount])
    else { return false }
    position += prefix.utf8CodeUnitCount
    return true
  }

  /// 40 hexadecimal digits, either case as git has it, and a newline.
  mutating func hexLine() -> ObjectID? {
    guard remaining > ObjectID.hexCount, bytes[position + ObjectID.hexCount] == UInt8(ascii: "\n") else { return nil }
    let digits = UnsafeRawBufferPointer(rebasing: bytes[position..<position + ObjectID.hexCount])
    guard let oid = ObjectID(hex: digits) else { return nil }
    position += ObjectID.hexCount + 1
    return oid
  }

  /// 20 bytes.
  mutating func rawID() -> ObjectID? {
    guard remaining >= ObjectID.byteCount else { return nil }
    defer { position += ObjectID.byteCount }
    return ObjectID(rawBytes: UnsafeRawBufferPointer(rebasing: bytes[position...]))
  }

  /// The bytes up to `end`, which is passed over and not included; `nil` when it does not come.
  mutating func bytes(upTo end: UInt8) -> UnsafeRawBufferPointer? {
    guard let found = bytes[position...].firstIndex(of: end) else { return nil }
    defer { position = found + 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<found])
  }

  func malformed(_ type: ObjectType, _ reason: String) -> GitError {
    GitError(code: .malformed, operation: "parse \(type.name)", message: "\(reason) at byte \(position)")
  }
}
