internal import TextBytes

/// A value of a document, of its variables or of an answer.
package indirect enum GraphQLValue: Hashable, Sendable {
  /// Nothing.
  case null
  /// True or false.
  case bool(Bool)
  /// A whole number of 64 bits; of the type `Int` only those of 32.
  case int(Int64)
  /// A number; as JSON null where it is none.
  case float(Double)
  /// Text.
  case string(String)
  /// A word without quotes: a value of an enumeration.
  case name(String)
  /// Only in documents.
  case variable(String)
  /// Values in an order.
  case list([GraphQLValue])
  /// Names and values in an order.
  case object(GraphQLObject)

  /// An object of these, in this order.
  package static func object(_ fields: [(String, GraphQLValue)]) -> GraphQLValue { .object(GraphQLObject(fields)) }

  /// Text, or null.
  package static func text(_ text: String?) -> GraphQLValue { text.map { .string($0) } ?? .null }

  /// The text of a string or of a word.
  package var text: String? {
    switch self {
    case .string(let text), .name(let text): text
    case .null, .bool, .int, .float, .variable, .list, .object: nil
    }
  }

  /// A field of an object; `nil` of anything else.
  package subscript(name: String) -> GraphQLValue? {
    guard case .object(let object) = self else { return nil }
    return object[name]
  }
}

/// Names and values in an order.
package struct GraphQLObject: Hashable, Sendable {
  /// One of them.
  package struct Field: Hashable, Sendable {
    /// The name; an object has it once.
    package var name: String
    /// The value.
    package var value: GraphQLValue
  }

  /// In order.
  package private(set) var fields: [Field]

  /// An object of these, whose names must differ: nothing looks.
  package init(_ fields: [(String, GraphQLValue)] = []) { self.fields = fields.map { Field(name: $0, value: $1) } }

  /// The same as a table, for those who look many names up.
  var table: [String: GraphQLValue] { Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first } }

  /// The value of a name; setting `nil` removes it.
  package subscript(name: String) -> GraphQLValue? {
    get { fields.first { $0.name == name }?.value }
    set {
      if let index = fields.firstIndex(where: { $0.name == name }) {
        if let newValue { fields[index].value = newValue } else { fields.remove(at: index) }
      } else if let newValue {
        fields.append(Field(name: name, value: newValue))
      }
    }
  }
}

extension GraphQLValue {
  /// The value as JSON, in the order of its fields.
  package var json: [UInt8] {
    var bytes: [UInt8] = []
    write(into: &bytes)
    return bytes
  }

  private func write(into bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += Array("null".utf8)
    case .bool(let value): bytes += Array((value ? "true" : "false").utf8)
    case .int(let value): bytes += Array("\(value)".utf8)
    // JSON has no other numbers.
    case .float(let value): bytes += Array((value.isFinite ? "\(value)" : "null").utf8)
    case .string(let text), .name(let text), .variable(let text): JSONText.append(text, to: &bytes)
    case .list(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, field) in object.fields.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        JSONText.append(field.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        field.value.write(into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// Reads JSON (RFC 8259), at most 64 levels of it; numbers without a fraction that fit are `int`.
  ///
  /// Foundation's decoder does not see names that stand twice, forgets their order, and takes half a second for a megabyte of small
  /// values, as each is tried as each sort.
  ///
  /// - Throws: `GraphQLError` that says at which byte it is none.
  package init(json: [UInt8]) throws(GraphQLError) {
    let result = json.withUnsafeBytes { bytes in
      Result { () throws(JSONScanError) in
        var scanner = JSONScanner(bytes)
        let value = try Self.read(&scanner, depth: 0)
        try scanner.end()
        return value
      }
    }
    self = try result.mapError { GraphQLError("the body is no JSON: \($0)") }.get()
  }

  private static func read(_ scanner: inout JSONScanner, depth: Int) throws(JSONScanError) -> GraphQLValue {
    guard depth < JSONScanner.maximumDepth else {
      throw scanner.failure("fewer than \(JSONScanner.maximumDepth) levels")
    }
    switch scanner.peek() {
    case UInt8(ascii: "{"): return .object(try object(&scanner, depth))
    case UInt8(ascii: "["):
      try scanner.take("[")
      var values: [GraphQLValue] = []
      var isFirst = true
      while try scanner.hasNext(&isFirst, closing: "]") { values.append(try read(&scanner, depth: depth + 1)) }
      return .list(values)
    case UInt8(ascii: "\""): return .string(try scanner.string())
    default:
      let word = try scanner.rawWord()
      switch word {
      case "true": return .bool(true)
      case "false": return .bool(false)
      case "null": return .null
      default:
        if let number = Int64(word) { return .int(number) }
        guard let number = Double(word), number.isFinite else { throw scanner.failure("a number of 64 bits") }
        return Int64(exactly: number).map { .int($0) } ?? .float(number)
      }
    }
  }

  private static func object(_ scanner: inout JSONScanner, _ depth: Int) throws(JSONScanError) -> GraphQLObject {
    try scanner.take("{")
    var fields: [(String, GraphQLValue)] = []
    var names: Set<String> = []
    var isFirst = true
    while try scanner.hasNext(&isFirst, closing: "}") {
      let name = try scanner.string()
      guard names.insert(name).inserted else { throw scanner.failure("a name that does not stand twice") }
      try scanner.take(":")
      fields.append((name, try read(&scanner, depth: depth + 1)))
    }
    return GraphQLObject(fields)
  }
}
