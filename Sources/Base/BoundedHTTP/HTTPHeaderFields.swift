/// Header fields in order, looked up without regard to case.
package struct HTTPHeaderFields: Sendable, Hashable {
  private struct Field: Sendable, Hashable {
    let name: String
    let value: String
  }

  private var fields: [Field] = []

  package init() {}

  /// Adds a field behind those that are there, of the same name or not.
  package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  /// The value of the first field of that name.
  package subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// Calls `body` with each field in order.
  package func forEach(_ body: (_ name: String, _ value: String) throws -> Void) rethrows {
    for field in fields { try body(field.name, field.value) }
  }

  /// The name of a field that must not be sent: its name is not a token (RFC 9110 § 5.6.2), or its value would break
  /// out of its line.
  var offender: String? {
    fields.first { field in
      field.name.isEmpty || !field.name.utf8.allSatisfy(Self.isTokenByte)
        || field.value.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    }?.name
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
