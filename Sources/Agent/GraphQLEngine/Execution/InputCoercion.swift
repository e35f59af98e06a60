/// Makes values of their types (section 3): literals of documents, and JSON of variables.
struct InputCoercion {
  let schema: GraphQLSchema
  /// The request's; `nil` while a document is judged without them: then a variable counts as fitting.
  let variables: [String: GraphQLValue]?

  struct CoercionError: Error {
    let message: String
  }

  /// - Parameter isLiteral: of a document, where words of enumerations stand without quotes.
  /// - Throws: `CoercionError`.
  func coerce(
    _ value: GraphQLValue, _ type: GraphQLTypeReference, isLiteral: Bool
  ) throws(CoercionError) -> GraphQLValue {
    if case .variable(let name) = value {
      let given = variables?[name] ?? .null
      guard variables == nil || given != .null || !type.isNonNull else {
        throw CoercionError(message: "'$\(name)' is null where '\(type)' is wanted")
      }
      return given
    }
    switch type {
    case .nonNull(let inner):
      guard value != .null else { throw CoercionError(message: "null is given where '\(type)' is wanted") }
      return try coerce(value, inner, isLiteral: isLiteral)
    case .list(let inner):
      guard value != .null else { return .null }
      guard case .list(let values) = value else { return .list([try coerce(value, inner, isLiteral: isLiteral)]) }
      var coerced: [GraphQLValue] = []
      for value in values { coerced.append(try coerce(value, inner, isLiteral: isLiteral)) }
      return .list(coerced)
    case .named(let name):
      guard value != .null else { return .null }
      return try named(value, name, isLiteral)
    }
  }

  private func named(_ value: GraphQLValue, _ name: String, _ isLiteral: Bool) throws(CoercionError) -> GraphQLValue {
    switch schema.types[name]?.form {
    case .input(let fields): return .object(try object(value, fields, name, isLiteral))
    case .enumeration(let words):
      guard let text = value.text, value == (isLiteral ? .name(text) : .string(text)),
        words.contains(where: { $0.name == text })
      else {
        let known = words.map(\.name).joined(separator: ", ")
        throw CoercionError(message: "\(Self.shown(value)) is none of '\(name)': \(known.prefix(200))")
      }
      return .string(text)
    case .scalar: return try scalar(value, name)
    case .object, .interface, .union, nil: throw CoercionError(message: "'\(name)' is no type of arguments")
    }
  }

  private func scalar(_ value: GraphQLValue, _ name: String) throws(CoercionError) -> GraphQLValue {
    switch (name, value) {
    case ("Int", .int(let number)) where Int32(exactly: number) != nil: return value
    case ("Int", .float(let number)):
      if let whole = Int32(exactly: number) { return .int(Int64(whole)) }
    case ("Float", .float): return value
    case ("Float", .int(let number)): return .float(Double(number))
    case ("String", .string), ("Boolean", .bool), ("ID", .string): return value
    case ("ID", .int(let number)): return .string("\(number)")
    case ("Int", _), ("Float", _), ("String", _), ("Boolean", _), ("ID", _): break
    case (_, .string), (_, .int), (_, .float), (_, .bool): return value
    default: break
    }
    throw CoercionError(message: "\(Self.shown(value)) is no '\(name)'")
  }

  private func object(
    _ value: GraphQLValue, _ fields: [GraphQLInputValue], _ name: String, _ isLiteral: Bool
  ) throws(CoercionError) -> GraphQLObject {
    guard case .object(let object) = value else { throw CoercionError(message: "\(Self.shown(value)) is no '\(name)'") }
    for given in object.fields where !fields.contains(where: { $0.name == given.name }) {
      throw CoercionError(message: "'\(name)' has no field '\(GraphQLError.shown(given.name, 100))'")
    }
    var coerced = GraphQLObject()
    for field in fields {
      if let given = object[field.name], !isAbsent(given) {
        coerced[field.name] = try coerce(given, field.type, isLiteral: isLiteral)
      } else if let standard = field.standard {
        coerced[field.name] = standard
      } else if field.type.isNonNull, variables != nil || object[field.name] == nil {
        throw CoercionError(message: "'\(name)' needs its field '\(field.name)'")
      }
    }
    return coerced
  }

  /// A variable without a value.
  private func isAbsent(_ value: GraphQLValue) -> Bool {
    guard case .variable(let name) = value, let variables else { return false }
    return variables[name] == nil
  }

  /// The arguments of a field or a directive.
  ///
  /// - Throws: `GraphQLError` at the argument.
  func arguments(
    _ given: [GraphQLDocument.Argument], of wanted: [GraphQLInputValue], at place: GraphQLError.Location
  ) throws(GraphQLError) -> GraphQLObject {
    var arguments = GraphQLObject()
    for value in wanted {
      if let argument = given.first(where: { $0.name == value.name }), !isAbsent(argument.value) {
        do throws(CoercionError) {
          arguments[value.name] = try coerce(argument.value, value.type, isLiteral: true)
        } catch {
          throw GraphQLError("argument '\(value.name)': \(error.message)", at: [argument.location])
        }
      } else if let standard = value.standard {
        arguments[value.name] = standard
      } else if value.type.isNonNull {
        throw GraphQLError("the argument '\(value.name)' of the type '\(value.type)' is needed", at: [place])
      }
    }
    return arguments
  }

  /// The variables of an operation, from what came with the request.
  ///
  /// - Throws: `GraphQLError` at the variable.
  static func variables(
    _ given: GraphQLObject, of operation: GraphQLDocument.Operation, _ schema: GraphQLSchema
  ) throws(GraphQLError) -> [String: GraphQLValue] {
    let coercion = InputCoercion(schema: schema, variables: [:])
    let given = given.table
    var variables: [String: GraphQLValue] = [:]
    for variable in operation.variables {
      do throws(CoercionError) {
        if let value = given[variable.name] {
          variables[variable.name] = try coercion.coerce(value, variable.type, isLiteral: false)
        } else if let standard = variable.standard {
          variables[variable.name] = try coercion.coerce(standard, variable.type, isLiteral: true)
        } else if variable.type.isNonNull {
          throw CoercionError(message: "a value of the type '\(variable.type)' is needed")
        }
      } catch {
        throw GraphQLError("variable '$\(variable.name)': \(error.message)", at: [variable.location])
      }
    }
    return variables
  }

  private static func shown(_ value: GraphQLValue) -> String { GraphQLError.shown(GraphQLSchema.text(value), 80) }
}
