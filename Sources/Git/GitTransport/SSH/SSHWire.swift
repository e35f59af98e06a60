/// Reads the values of SSH's wire format (RFC 4251, section 5) from bytes of the other side.
struct SSHWireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(Array(bytes)) }

  var isAtEnd: Bool { rest.isEmpty }

  /// `nil` when the bytes end before.
  mutating func byte() -> UInt8? { rest.popFirst() }

  /// Four bytes, most significant first; `nil` when the bytes end before.
  mutating func number() -> UInt32? {
    guard rest.count >= 4 else { return nil }
    defer { rest.removeFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// A length and as many bytes; `nil` when the bytes end before.
  mutating func string() -> [UInt8]? {
    guard let count = number(), count <= rest.count else { return nil }
    defer { rest.removeFirst(Int(count)) }
    return Array(rest.prefix(Int(count)))
  }
}

extension [UInt8] {
  /// Appends a number in SSH's wire format.
  mutating func appendSSH(_ number: UInt32) {
    for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
  }

  /// Appends a string in SSH's wire format.
  mutating func appendSSH(_ bytes: [UInt8]) {
    appendSSH(UInt32(bytes.count))
    append(contentsOf: bytes)
  }
}
