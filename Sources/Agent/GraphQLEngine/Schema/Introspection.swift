/// What a schema says of itself (section 4). Types travel through it as texts such as `[Name!]`.
enum Introspection {
  static let typename = GraphQLField("__typename", "String!", "The name of the object's type.") { _ in
    // The executor resolves it without a resolver.
    .null
  }

  static let root = [
    GraphQLField("__schema", "__Schema!", "What can be asked here.") { _ in .object([]) },
    GraphQLField(
      "__type", "__Type", "One type.", arguments: [.init("name", "String!", "Its name.")]
    ) { call in
      guard let schema = call.context as? GraphQLSchema, let name = call.arguments["name"]?.text else { return .null }
      return schema.types[name].map { .string($0.name) } ?? .null
    },
  ]

  static let types: [GraphQLType] = [
    GraphQLType(
      "__Schema", "What can be asked.",
      .object(
        [
          .init("description", "String", "Of the whole.") { _ in .null },
          .init(
            "types", "[__Type!]!", "All types.",
            resolve: of { schema, _ in
              .list(schema.types.keys.sorted().map { .string($0) })
            }),
          .init("queryType", "__Type!", "Where questions begin.", resolve: of { schema, _ in .string(schema.query) }),
          .init("mutationType", "__Type", "Where orders begin.", resolve: of { schema, _ in .text(schema.mutation) }),
          .init("subscriptionType", "__Type", "There is none.") { _ in .null },
          .init("directives", "[__Directive!]!", "All directives.") { _ in .list(directives.map(describe)) },
        ], interfaces: [])),
    GraphQLType("__Type", "A type.", .object(typeFields, interfaces: [])),
    GraphQLType(
      "__Field", "A field.",
      .object(
        [
          .init("name", "String!", "Its name."), .init("description", "String", "What it is."),
          .init("args", "[__InputValue!]!", "Its arguments.", arguments: [includeDeprecated]),
          .init("type", "__Type!", "Its type."), .init("isDeprecated", "Boolean!", "It is not to be used any more."),
          .init("deprecationReason", "String", "Why."),
        ], interfaces: [])),
    GraphQLType(
      "__InputValue", "An argument.",
      .object(
        [
          .init("name", "String!", "Its name."), .init("description", "String", "What it is."),
          .init("type", "__Type!", "Its type."), .init("defaultValue", "String", "What counts where it is not given."),
          .init("isDeprecated", "Boolean!", "Never."), .init("deprecationReason", "String", "None."),
        ], interfaces: [])),
    GraphQLType(
      "__EnumValue", "A word.",
      .object(
        [
          .init("name", "String!", "The word."), .init("description", "String", "What it means."),
          .init("isDeprecated", "Boolean!", "Never."), .init("deprecationReason", "String", "None."),
        ], interfaces: [])),
    GraphQLType(
      "__Directive", "A directive.",
      .object(
        [
          .init("name", "String!", "Its name."), .init("description", "String", "What it does."),
          .init("isRepeatable", "Boolean!", "It may stand twice at one place."),
          .init("locations", "[__DirectiveLocation!]!", "Where it may stand."),
          .init("args", "[__InputValue!]!", "Its arguments.", arguments: [includeDeprecated]),
        ], interfaces: [])),
    GraphQLType(
      "__TypeKind", "Sorts of types.",
      .enumeration(
        ["SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM", "INPUT_OBJECT", "LIST", "NON_NULL"].map { .init($0, "") })),
    GraphQLType(
      "__DirectiveLocation", "Where directives may stand.",
      .enumeration(
        [
          "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT",
          "VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE",
          "UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT", "INPUT_FIELD_DEFINITION",
        ].map { .init($0, "") })),
  ]

  private static let includeDeprecated = GraphQLInputValue(
    "includeDeprecated", "Boolean", "Also what is not to be used any more.", standard: .bool(false))

  private static let typeFields: [GraphQLField] = [
    .init(
      "kind", "__TypeKind!", "Its sort.",
      resolve: ofType { schema, type in
        switch type {
        case .nonNull: .string("NON_NULL")
        case .list: .string("LIST")
        case .named(let name): .text(schema.types[name]?.kind)
        }
      }),
    .init(
      "name", "String", "Its name.",
      resolve: ofType { _, type in
        if case .named(let name) = type { return .string(name) }
        return .null
      }),
    .init("description", "String", "What it is.", resolve: ofNamed { .text($0.description) }),
    .init(
      "specifiedByURL", "String", "Where a scalar's meaning stands.",
      resolve: ofNamed { type in
        if case .scalar(let address) = type.form { return .text(address) }
        return .null
      }),
    .init(
      "fields", "[__Field!]", "Of an object or an interface.", arguments: [includeDeprecated],
      resolve: { call in
        let showsAll = call.arguments["includeDeprecated"] == .bool(true)
        return try await ofNamed { type in
          guard let fields = type.fields else { return .null }
          return .list(fields.filter { showsAll || $0.deprecation == nil }.map(describe))
        }(call)
      }),
    .init(
      "interfaces", "[__Type!]", "Of an object.",
      resolve: ofNamed { type in
        switch type.form {
        case .object(_, let names): .list(names.map { .string($0) })
        case .interface: .list([])
        case .scalar, .enumeration, .input, .union: .null
        }
      }),
    .init(
      "possibleTypes", "[__Type!]", "Of an interface or a union.",
      resolve: of { schema, parent in
        guard let name = parent.text else { return .null }
        switch schema.types[name]?.form {
        case .interface, .union: return .list(schema.possibleTypes(of: name).sorted().map { .string($0) })
        case .scalar, .enumeration, .input, .object, nil: return .null
        }
      }),
    .init(
      "enumValues", "[__EnumValue!]", "Of an enumeration.", arguments: [includeDeprecated],
      resolve: ofNamed {
        guard case .enumeration(let values) = $0.form else { return .null }
        return .list(values.map { .object(described($0.name, $0.description) + notDeprecated) })
      }),
    .init(
      "inputFields", "[__InputValue!]", "Of an input object.", arguments: [includeDeprecated],
      resolve: ofNamed {
        guard case .input(let values) = $0.form else { return .null }
        return .list(values.map(describe))
      }),
    .init(
      "ofType", "__Type", "What is in a list, or is never null.",
      resolve: ofType { _, type in
        switch type {
        case .nonNull(let inner), .list(let inner): .string("\(inner)")
        case .named: .null
        }
      }),
  ]

  // MARK: Resolvers

  private static func of(
    _ body: @escaping @Sendable (GraphQLSchema, GraphQLValue) -> GraphQLValue
  ) -> GraphQLField.Resolver {
    { call in (call.context as? GraphQLSchema).map { body($0, call.parent) } ?? .null }
  }

  private static func ofType(
    _ body: @escaping @Sendable (GraphQLSchema, GraphQLTypeReference) -> GraphQLValue
  ) -> GraphQLField.Resolver {
    of { schema, parent in parent.text.map { body(schema, GraphQLTypeReference($0)) } ?? .null }
  }

  private static func ofNamed(_ body: @escaping @Sendable (GraphQLType) -> GraphQLValue) -> GraphQLField.Resolver {
    of { schema, parent in parent.text.flatMap { schema.types[$0] }.map(body) ?? .null }
  }

  // MARK: Descriptions

  private static let notDeprecated: [(String, GraphQLValue)] = [
    ("isDeprecated", .bool(false)), ("deprecationReason", .null),
  ]

  private static func described(_ name: String, _ description: String) -> [(String, GraphQLValue)] {
    [("name", .string(name)), ("description", .string(description))]
  }

  private static func describe(_ field: GraphQLField) -> GraphQLValue {
    .object(
      described(field.name, field.description) + [
        ("args", .list(field.arguments.map(describe))), ("type", .string("\(field.type)")),
        ("isDeprecated", .bool(field.deprecation != nil)), ("deprecationReason", .text(field.deprecation)),
      ])
  }

  private static func describe(_ value: GraphQLInputValue) -> GraphQLValue {
    .object(
      described(value.name, value.description) + [
        ("type", .string("\(value.type)")), ("defaultValue", .text(value.standard.map(GraphQLSchema.text))),
      ] + notDeprecated)
  }

  private static func describe(_ directive: Directive) -> GraphQLValue {
    .object(
      described(directive.name, directive.description) + [
        ("isRepeatable", .bool(false)), ("locations", .list(directive.locations.map { .string($0) })),
        ("args", .list(directive.arguments.map(describe))),
      ])
  }

  /// A directive of the specification (section 3.13).
  struct Directive {
    let name: String
    let description: String
    let locations: [String]
    let arguments: [GraphQLInputValue]
  }

  static let directives = [
    Directive(
      name: "skip", description: "Leaves out what it stands at.",
      locations: ["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"],
      arguments: [.init("if", "Boolean!", "When true.")]),
    Directive(
      name: "include", description: "Takes what it stands at only sometimes.",
      locations: ["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"],
      arguments: [.init("if", "Boolean!", "When true.")]),
    Directive(
      name: "deprecated", description: "Not to be used any more.",
      locations: ["FIELD_DEFINITION", "ENUM_VALUE", "ARGUMENT_DEFINITION", "INPUT_FIELD_DEFINITION"],
      arguments: [.init("reason", "String", "Why.", standard: .string("No longer supported"))]),
    Directive(
      name: "specifiedBy", description: "Where a scalar's meaning stands.", locations: ["SCALAR"],
      arguments: [.init("url", "String!", "The address.")]),
  ]
}
