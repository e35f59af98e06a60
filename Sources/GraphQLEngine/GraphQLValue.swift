/// A value of a document, of its variables or of an answer.
package indirect enum GraphQLValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case float(Double)
  case string(String)
  /// A word without quotes: a value of an enumeration.
  case name(String)
  /// Only in documents.
  case variable(String)
  case list([GraphQLValue])
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
    package var name: String
    package var value: GraphQLValue
  }

  /// In order.
  package private(set) var fields: [Field]

  /// An object of these.
  package init(_ fields: [(String, GraphQLValue)] = []) { self.fields = fields.map { Field(name: $0, value: $1) } }

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

extension GraphQLValue: Decodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// From JSON; numbers without a fraction that fit are `int`.
  package init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      self = .object(
        GraphQLObject(
          try container.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
            ($0.stringValue, try container.decode(GraphQLValue.self, forKey: $0))
          }))
      return
    }
    if var container = try? decoder.unkeyedContainer() {
      var values: [GraphQLValue] = []
      while !container.isAtEnd { values.append(try container.decode(GraphQLValue.self)) }
      self = .list(values)
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .float(value)
    } else {
      self = .string(try container.decode(String.self))
    }
  }
}
