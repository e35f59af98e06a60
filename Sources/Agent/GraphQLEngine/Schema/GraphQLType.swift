/// A type of a schema, under its name.
package struct GraphQLType: Sendable {
  /// What sort of type.
  package enum Form: Sendable {
    /// A value without parts; `specifiedBy` is the address of what it means.
    case scalar(specifiedBy: String?)
    /// One of these words.
    case enumeration([GraphQLEnumValue])
    /// An object that is given as an argument.
    case input([GraphQLInputValue])
    /// An object of an answer, and the interfaces that it keeps.
    case object([GraphQLField], interfaces: [String])
    /// Fields that several objects have.
    case interface([GraphQLField])
    /// One of several objects.
    case union([String])
  }

  /// The name.
  package let name: String
  /// Its description.
  package let description: String
  let form: Form

  /// A type.
  package init(_ name: String, _ description: String, _ form: Form) {
    self.name = name
    self.description = description
    self.form = form
  }

  var fields: [GraphQLField]? {
    switch form {
    case .object(let fields, _), .interface(let fields): fields
    case .scalar, .enumeration, .input, .union: nil
    }
  }

  /// Fields can be selected of it.
  var isComposite: Bool {
    switch form {
    case .object, .interface, .union: true
    case .scalar, .enumeration, .input: false
    }
  }

  var isInput: Bool {
    switch form {
    case .scalar, .enumeration, .input: true
    case .object, .interface, .union: false
    }
  }

  var kind: String {
    switch form {
    case .scalar: "SCALAR"
    case .enumeration: "ENUM"
    case .input: "INPUT_OBJECT"
    case .object: "OBJECT"
    case .interface: "INTERFACE"
    case .union: "UNION"
    }
  }
}

/// A word of an enumeration.
package struct GraphQLEnumValue: Sendable {
  let name: String
  let description: String

  /// A word.
  package init(_ name: String, _ description: String) {
    self.name = name
    self.description = description
  }
}

/// An argument of a field, or a field of an input object.
package struct GraphQLInputValue: Sendable {
  let name: String
  let description: String
  let type: GraphQLTypeReference
  let standard: GraphQLValue?

  /// An argument; `type` such as `[ID!]`, `standard` what counts where it is not given.
  package init(_ name: String, _ type: String, _ description: String, standard: GraphQLValue? = nil) {
    self.name = name
    self.type = GraphQLTypeReference(type)
    self.description = description
    self.standard = standard
  }

  var isRequired: Bool { type.isNonNull && standard == nil }
}

/// A field of an object or of an interface.
package struct GraphQLField: Sendable {
  /// Gives the field's value: an object's fields may be there already, or have resolvers of their own, which get it as
  /// parent.
  package typealias Resolver = @Sendable (GraphQLCall) async throws -> GraphQLValue

  let name: String
  let description: String
  let arguments: [GraphQLInputValue]
  let type: GraphQLTypeReference
  let deprecation: String?
  let size: (@Sendable (GraphQLObject) -> Int)?
  let resolve: Resolver?

  /// A field; `type` such as `[Name!]!`.
  ///
  /// - Parameters:
  ///   - deprecation: why it is not to be used any more.
  ///   - resolve: `nil` takes the parent's field of this name.
  ///   - size: how many times its selection may occur in the answer, by its arguments; `nil` is once.
  package init(
    _ name: String, _ type: String, _ description: String, arguments: [GraphQLInputValue] = [],
    deprecation: String? = nil, resolve: Resolver? = nil, size: (@Sendable (GraphQLObject) -> Int)? = nil
  ) {
    self.name = name
    self.type = GraphQLTypeReference(type)
    self.description = description
    self.arguments = arguments
    self.deprecation = deprecation
    self.size = size
    self.resolve = resolve
  }
}

/// What a resolver is asked with.
package struct GraphQLCall: Sendable {
  /// The arguments with their standard values, of their types.
  package let arguments: GraphQLObject
  /// The object whose field it is.
  package let parent: GraphQLValue
  /// What the request was made with.
  package let context: any Sendable
}
