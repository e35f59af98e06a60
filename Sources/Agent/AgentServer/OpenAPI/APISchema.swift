/// The JSON Schema (2020-12) of a value of the API, derived from its Swift type: a decoder without input records the
/// keys and types that the value's decoding requests. So the document matches the types.
indirect enum APISchema: Sendable {
  case string
  case word([String])
  case pattern(String, longest: Int? = nil)
  case integer(minimum: Int64, maximum: UInt64)
  case number
  case boolean
  case anything
  case nullable(APISchema)
  case array(APISchema)
  case map(APISchema)
  case object(name: String, fields: [Field])
  /// A reference by name to the containing object.
  case reference(String)

  struct Field: Sendable {
    let name: String
    var schema: APISchema
    let isRequired: Bool
  }

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
  func json(_ components: inout [String: Any]) -> [String: Any] {
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
    case .nullable(let schema): return ["anyOf": [schema.json(&components), ["type": "null"]]]
    case .array(let element): return ["type": "array", "items": element.json(&components)]
    case .map(let value): return ["type": "object", "additionalProperties": value.json(&components)]
    case .reference(let name): return ["$ref": "#/components/schemas/\(name)"]
    case .object(let name, let fields):
      var properties: [String: Any] = [:]
      for field in fields { properties[field.name] = field.schema.json(&components) }
      let required = fields.filter(\.isRequired).map(\.name)
      var json: [String: Any] = ["type": "object", "properties": properties]
      if !required.isEmpty { json["required"] = required }
      components[name] = json
      return ["$ref": "#/components/schemas/\(name)"]
    }
  }
}
