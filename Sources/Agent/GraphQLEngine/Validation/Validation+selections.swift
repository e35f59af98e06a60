/// Sections 5.3 to 5.7: fields, arguments, values, directives, and where fragments may stand.
extension Validation {
  mutating func check(_ selections: [GraphQLDocument.Selection], of type: String) {
    for selection in selections {
      switch selection {
      case .field(let field): check(field, of: type)
      case .spread(let spread):
        check(spread.directives, at: "FRAGMENT_SPREAD")
        guard let fragment = fragments[spread.name] else {
          add("there is no fragment '\(spread.name.prefix(100))'", spread.location)
          continue
        }
        checkPossible(fragment.type, in: type, spread.location)
      case .inline(let inline):
        check(inline.directives, at: "INLINE_FRAGMENT")
        let condition = inline.type ?? type
        guard schema.types[condition]?.isComposite == true else {
          add("a fragment cannot be on '\(condition.prefix(100))'", inline.location)
          continue
        }
        checkPossible(condition, in: type, inline.location)
        check(inline.selections, of: condition)
      }
    }
  }

  private mutating func checkPossible(_ condition: String, in type: String, _ location: GraphQLError.Location) {
    guard condition != type, schema.types[condition]?.isComposite == true else { return }
    if schema.possibleTypes(of: condition).isDisjoint(with: schema.possibleTypes(of: type)) {
      add("a '\(type)' is never a '\(condition)'", location)
    }
  }

  private mutating func check(_ field: GraphQLDocument.Field, of type: String) {
    check(field.directives, at: "FIELD")
    guard let definition = schema.field(field.name, of: type) else {
      add("'\(type)' has no field '\(field.name.prefix(100))'", field.location)
      return
    }
    check(field.arguments, of: definition.arguments, "'\(field.name)'", field.location)
    let isComposite = schema.types[definition.type.name]?.isComposite == true
    if isComposite, field.selections.isEmpty {
      add("'\(field.name)' is a '\(definition.type)': say which of its fields", field.location)
    } else if !isComposite, !field.selections.isEmpty {
      add("'\(field.name)' is a '\(definition.type)' and has no fields", field.location)
    } else {
      check(field.selections, of: definition.type.name)
    }
  }

  private mutating func check(
    _ arguments: [GraphQLDocument.Argument], of wanted: [GraphQLInputValue], _ owner: String,
    _ location: GraphQLError.Location
  ) {
    var names: Set<String> = []
    let coercion = InputCoercion(schema: schema, variables: nil)
    for argument in arguments {
      if !names.insert(argument.name).inserted {
        add("the argument '\(argument.name.prefix(100))' stands twice", argument.location)
      }
      guard let definition = wanted.first(where: { $0.name == argument.name }) else {
        add("\(owner) has no argument '\(argument.name.prefix(100))'", argument.location)
        continue
      }
      do throws(InputCoercion.CoercionError) {
        _ = try coercion.coerce(argument.value, definition.type, isLiteral: true)
      } catch {
        add("argument '\(argument.name)': \(error.message)", argument.location)
      }
    }
    for needed in wanted where needed.isRequired && !names.contains(needed.name) {
      add("\(owner) needs its argument '\(needed.name)' of the type '\(needed.type)'", location)
    }
  }

  mutating func check(_ directives: [GraphQLDocument.Directive], at place: String) {
    var names: Set<String> = []
    for directive in directives {
      guard let definition = Introspection.directives.first(where: { $0.name == directive.name }) else {
        add("there is no directive '@\(directive.name.prefix(100))'", directive.location)
        continue
      }
      if !definition.locations.contains(place) {
        add("the directive '@\(directive.name)' cannot stand here", directive.location)
      }
      if !names.insert(directive.name).inserted {
        add("the directive '@\(directive.name)' stands twice", directive.location)
      }
      check(directive.arguments, of: definition.arguments, "'@\(directive.name)'", directive.location)
    }
  }
}
