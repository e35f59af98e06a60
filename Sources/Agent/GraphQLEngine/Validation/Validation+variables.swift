/// Section 5.8: variables, through the fragments that an operation uses.
extension Validation {
  private struct Use {
    let name: String
    let type: GraphQLTypeReference
    let hasStandard: Bool
    let location: GraphQLError.Location
  }

  mutating func checkVariables(_ operation: GraphQLDocument.Operation) {
    var known: [String: GraphQLDocument.Variable] = [:]
    for variable in operation.variables {
      if known.updateValue(variable, forKey: variable.name) != nil {
        add("there are two variables '$\(variable.name.prefix(100))'", variable.location)
      }
      check(variable.directives, at: "VARIABLE_DEFINITION")
      guard schema.types[variable.type.name]?.isInput == true else {
        add("a variable cannot be of the type '\(variable.type)'", variable.location)
        continue
      }
      guard let standard = variable.standard else { continue }
      do throws(InputCoercion.CoercionError) {
        _ = try InputCoercion(schema: schema, variables: nil).coerce(standard, variable.type, isLiteral: true)
      } catch {
        add("variable '$\(variable.name)': \(error.message)", variable.location)
      }
    }
    var uses: [Use] = []
    collect(operation.directives, &uses)
    var visited: Set<String> = []
    if let root = schema.root(of: operation.kind) { collect(operation.selections, of: root, &uses, &visited) }
    var used: Set<String> = []
    for use in uses {
      guard let variable = known[use.name] else {
        add("the variable '$\(use.name.prefix(100))' is not defined", use.location)
        continue
      }
      used.insert(use.name)
      if !Self.fits(variable, use) {
        add("the variable '$\(use.name)' of the type '\(variable.type)' is used as '\(use.type)'", use.location)
      }
    }
    for variable in operation.variables where !used.contains(variable.name) {
      add("the variable '$\(variable.name.prefix(100))' is not used", variable.location)
    }
  }

  /// Section 5.8.5: a standard value of either side stands for null.
  private static func fits(_ variable: GraphQLDocument.Variable, _ use: Use) -> Bool {
    if use.type.isNonNull, !variable.type.isNonNull {
      let hasStandard = variable.standard.map { $0 != .null } ?? false
      return (hasStandard || use.hasStandard) && fits(variable.type, use.type.nullable)
    }
    return fits(variable.type, use.type)
  }

  private static func fits(_ type: GraphQLTypeReference, _ wanted: GraphQLTypeReference) -> Bool {
    switch (type, wanted) {
    case (.nonNull(let type), .nonNull(let wanted)): fits(type, wanted)
    case (_, .nonNull): false
    case (.nonNull(let type), _): fits(type, wanted)
    case (.list(let type), .list(let wanted)): fits(type, wanted)
    case (.named(let type), .named(let wanted)): type == wanted
    case (.list, _), (_, .list): false
    }
  }

  private func collect(
    _ selections: [GraphQLDocument.Selection], of type: String, _ uses: inout [Use], _ visited: inout Set<String>
  ) {
    for selection in selections {
      switch selection {
      case .field(let field):
        collect(field.directives, &uses)
        guard let definition = schema.field(field.name, of: type) else { continue }
        collect(field.arguments, of: definition.arguments, &uses)
        collect(field.selections, of: definition.type.name, &uses, &visited)
      case .inline(let inline):
        collect(inline.directives, &uses)
        collect(inline.selections, of: inline.type ?? type, &uses, &visited)
      case .spread(let spread):
        collect(spread.directives, &uses)
        guard visited.insert(spread.name).inserted, let fragment = fragments[spread.name] else { continue }
        collect(fragment.directives, &uses)
        collect(fragment.selections, of: fragment.type, &uses, &visited)
      }
    }
  }

  private func collect(_ directives: [GraphQLDocument.Directive], _ uses: inout [Use]) {
    for directive in directives {
      guard let definition = Introspection.directives.first(where: { $0.name == directive.name }) else { continue }
      collect(directive.arguments, of: definition.arguments, &uses)
    }
  }

  private func collect(
    _ arguments: [GraphQLDocument.Argument], of wanted: [GraphQLInputValue], _ uses: inout [Use]
  ) {
    for argument in arguments {
      guard let definition = wanted.first(where: { $0.name == argument.name }) else { continue }
      collect(argument.value, definition.type, definition.standard != nil, argument.location, &uses)
    }
  }

  private func collect(
    _ value: GraphQLValue, _ type: GraphQLTypeReference, _ hasStandard: Bool, _ location: GraphQLError.Location,
    _ uses: inout [Use]
  ) {
    switch value {
    case .variable(let name):
      uses.append(Use(name: name, type: type, hasStandard: hasStandard, location: location))
    case .list(let values):
      guard case .list(let inner) = type.nullable else { return }
      for value in values { collect(value, inner, false, location, &uses) }
    case .object(let object):
      guard case .input(let fields)? = schema.types[type.name]?.form else { return }
      for field in object.fields {
        guard let definition = fields.first(where: { $0.name == field.name }) else { continue }
        collect(field.value, definition.type, definition.standard != nil, location, &uses)
      }
    case .null, .bool, .int, .float, .string, .name: break
    }
  }
}
