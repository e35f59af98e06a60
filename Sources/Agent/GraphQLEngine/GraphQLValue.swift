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
