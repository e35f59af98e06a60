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
