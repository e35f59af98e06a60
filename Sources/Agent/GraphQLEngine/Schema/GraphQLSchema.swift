/// The types, and the root types of queries and mutations. `__schema` and `__type` are part of it.
package struct GraphQLSchema: Sendable {
  /// A schema that contradicts itself: an error of its author, not of its users.
  package struct Contradiction: Error, Hashable, CustomStringConvertible {
    /// The error.
    package let description: String
  }

  let types: [String: GraphQLType]
  let query: String
  let mutation: String?

  /// A schema of these types; those of the specification are added.
  ///
  /// - Parameters:
  ///   - query: the name of the object whose fields are the questions.
  ///   - mutation: the name of the object whose fields are the orders.
  /// - Throws: `Contradiction` for types that are missing, twice, or used where they cannot be.
  package init(_ types: [GraphQLType], query: String, mutation: String? = nil) throws(Contradiction) {
    var table: [String: GraphQLType] = [:]
    for type in Self.scalars + Introspection.types + types {
      guard table.updateValue(type, forKey: type.name) == nil else {
        throw Contradiction(description: "there are two types '\(type.name)'")
      }
    }
    self.types = table
    self.query = query
    self.mutation = mutation
    for name in [query, mutation].compactMap({ $0 }) {
      guard case .object = table[name]?.form else { throw Contradiction(description: "'\(name)' is no object") }
    }
    for type in table.values { try check(type) }
  }

  private static let scalars = [
    GraphQLType("Int", "A whole number of 32 bits.", .scalar(specifiedBy: nil)),
    GraphQLType("Float", "A number.", .scalar(specifiedBy: nil)),
    GraphQLType("String", "Text.", .scalar(specifiedBy: nil)),
    GraphQLType("Boolean", "True or false.", .scalar(specifiedBy: nil)),
    GraphQLType("ID", "What something is known by.", .scalar(specifiedBy: nil)),
  ]

  private func check(_ type: GraphQLType) throws(Contradiction) {
    func check(_ reference: GraphQLTypeReference, isInput: Bool, _ place: String) throws(Contradiction) {
      guard let found = types[reference.name], isInput ? found.isInput : !Self.isInputObject(found) else {
        throw Contradiction(description: "'\(type.name).\(place)' cannot be of the type '\(reference)'")
      }
    }
    for field in type.fields ?? [] {
      try check(field.type, isInput: false, field.name)
      for argument in field.arguments { try check(argument.type, isInput: true, "\(field.name)(\(argument.name))") }
    }
    switch type.form {
    case .input(let values): for value in values { try check(value.type, isInput: true, value.name) }
    case .union(let names), .object(_, let names):
      for name in names where types[name]?.isComposite != true {
        throw Contradiction(description: "'\(type.name)' cannot be of '\(name)'")
      }
    case .scalar, .enumeration, .interface: break
    }
  }

  private static func isInputObject(_ type: GraphQLType) -> Bool {
    if case .input = type.form { return true }
    return false
  }

  /// A field of a type, also those that every type has.
  func field(_ name: String, of type: String) -> GraphQLField? {
    if name == "__typename", types[type]?.isComposite == true { return Introspection.typename }
    if type == query, let field = Introspection.root.first(where: { $0.name == name }) { return field }
    return types[type]?.fields?.first { $0.name == name }
  }

  /// The objects that a composite type may be, by name.
  func possibleTypes(of name: String) -> Set<String> {
    switch types[name]?.form {
    case .object: return [name]
    case .union(let names): return Set(names)
    case .interface:
      return Set(
        types.values.compactMap { type in
          guard case .object(_, let interfaces) = type.form, interfaces.contains(name) else { return nil }
          return type.name
        })
    case .scalar, .enumeration, .input, nil: return []
    }
  }

  /// Where an operation begins; `nil` where the schema has none of it.
  func root(of kind: GraphQLDocument.Operation.Kind) -> String? {
    switch kind {
    case .query: query
    case .mutation: mutation
    case .subscription: nil
    }
  }
}

extension GraphQLSchema {
  /// The schema in its definition language (section 3), by the types' names; without what every schema has.
  package var sdl: String {
    var parts = ["schema {\n  query: \(query)\n\(mutation.map { "  mutation: \($0)\n" } ?? "")}\n"]
    for name in types.keys.sorted() {
      guard let type = types[name], !name.hasPrefix("__"), !Self.builtIn.contains(name) else { continue }
      parts.append(Self.description(type.description, "") + Self.definition(type))
    }
    return parts.joined(separator: "\n")
  }

  private static let builtIn: Set<String> = ["Int", "Float", "String", "Boolean", "ID"]

  private static func definition(_ type: GraphQLType) -> String {
    switch type.form {
    case .scalar(let address):
      "scalar \(type.name)\(address.map { " @specifiedBy(url: \(text(.string($0))))" } ?? "")\n"
    case .enumeration(let values):
      "enum \(type.name) {\n\(values.map { description($0.description, "  ") + "  \($0.name)\n" }.joined())}\n"
    case .input(let values):
      "input \(type.name) {\n\(values.map { description($0.description, "  ") + "  \(input($0))\n" }.joined())}\n"
    case .object(let fields, let interfaces):
      "type \(type.name)\(interfaces.isEmpty ? "" : " implements \(interfaces.joined(separator: " & "))") {\n"
        + fields.map(field).joined() + "}\n"
    case .interface(let fields): "interface \(type.name) {\n\(fields.map(field).joined())}\n"
    case .union(let names): "union \(type.name) = \(names.joined(separator: " | "))\n"
    }
  }

  private static func field(_ field: GraphQLField) -> String {
    let arguments =
      field.arguments.isEmpty
      ? ""
      : "(\n\(field.arguments.map { description($0.description, "    ") + "    \(input($0))\n" }.joined())  )"
    let deprecation = field.deprecation.map { " @deprecated(reason: \(text(.string($0))))" } ?? ""
    return description(field.description, "  ") + "  \(field.name)\(arguments): \(field.type)\(deprecation)\n"
  }

  private static func input(_ value: GraphQLInputValue) -> String {
    "\(value.name): \(value.type)\(value.standard.map { " = \(text($0))" } ?? "")"
  }

  private static func description(_ text: String, _ indent: String) -> String {
    text.isEmpty ? "" : "\(indent)\"\"\"\(text.replacing("\"\"\"", with: "\\\"\"\""))\"\"\"\n"
  }

  /// A value as documents have it.
  static func text(_ value: GraphQLValue) -> String {
    switch value {
    case .name(let name): name
    case .variable(let name): "$\(name)"
    case .list(let values): "[\(values.map(text).joined(separator: ", "))]"
    case .object(let object): "{\(object.fields.map { "\($0.name): \(text($0.value))" }.joined(separator: ", "))}"
    case .null, .bool, .int, .float, .string: String(decoding: value.json, as: UTF8.self)
    }
  }
}
