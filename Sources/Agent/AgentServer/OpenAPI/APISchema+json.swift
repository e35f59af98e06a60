internal import AgentAPI

/// Values of the API as JSON Schema. A type's schema is derived from the type: a decoder without input records the keys
/// and types that the value's decoding requests. So the document matches the types.
extension APISchema {
  /// Returns the same with given schemas of fields that their types do not determine.
  func with(_ schemas: [String: APISchema]) -> APISchema {
    guard case .object(let name, let fields) = self else { return self }
    return .object(
      name: name,
      fields: fields.map { field in
        var field = field
        if let schema = schemas[field.name] { field.schema = field.isRequired ? schema : .nullable(schema) }
        return field
      })
  }

  /// As JSON; named objects become references, and are put into `components`.
  ///
  /// - Throws: errors of deriving a type's schema.
  func json(_ components: inout [String: Any]) throws -> [String: Any] {
    switch self {
    case .string: return ["type": "string"]
    case .word(let words): return ["type": "string", "enum": words]
    case .pattern(let pattern, let longest):
      var json: [String: Any] = ["type": "string", "pattern": pattern]
      json["maxLength"] = longest
      return json
    case .integer(let minimum, let maximum): return ["type": "integer", "minimum": minimum, "maximum": maximum]
    case .number: return ["type": "number"]
    case .boolean: return ["type": "boolean"]
    case .anything: return [:]
    case .nullable(let schema): return ["anyOf": [try schema.json(&components), ["type": "null"]]]
    case .array(let element): return ["type": "array", "items": try element.json(&components)]
    case .map(let value): return ["type": "object", "additionalProperties": try value.json(&components)]
    case .type(let type, let schemas):
      return try SchemaRecorder.schema(of: type).with(schemas).json(&components)
    case .reference(let name): return ["$ref": "#/components/schemas/\(name)"]
    case .object(let name, let fields):
      var properties: [String: Any] = [:]
      for field in fields { properties[field.name] = try field.schema.json(&components) }
      let required = fields.filter(\.isRequired).map(\.name)
      var json: [String: Any] = ["type": "object", "properties": properties]
      if !required.isEmpty { json["required"] = required }
      components[name] = json
      return ["$ref": "#/components/schemas/\(name)"]
    }
  }
}
