/// The JSON Schema (2020-12) of a value of the API.
package indirect enum APISchema: Sendable {
  /// Any text.
  case string
  /// One of some words.
  case word([String])
  /// A text that matches a regular expression (ECMA-262), of at most so many characters.
  case pattern(String, longest: Int? = nil)
  /// A whole number within bounds.
  case integer(minimum: Int64, maximum: UInt64)
  /// Any number.
  case number
  /// `true` or `false`.
  case boolean
  /// Any value.
  case anything
  /// A value or `null`.
  case nullable(APISchema)
  /// A list of values.
  case array(APISchema)
  /// An object of any keys.
  case map(APISchema)
  /// An object of certain keys, a named component of the document.
  case object(name: String, fields: [Field])
  /// A reference by name to the containing object.
  case reference(String)
  /// The schema of a Swift type, derived from its decoding, with given schemas of fields that the type does not
  /// determine.
  case type(any (Decodable & SendableMetatype).Type, with: [String: APISchema] = [:])

  /// A field of an object.
  package struct Field: Sendable {
    /// Its name.
    package let name: String
    /// Its values.
    package var schema: APISchema
    /// It is never missing.
    package let isRequired: Bool

    /// A field.
    package init(name: String, schema: APISchema, isRequired: Bool) {
      self.name = name
      self.schema = schema
      self.isRequired = isRequired
    }
  }
}
