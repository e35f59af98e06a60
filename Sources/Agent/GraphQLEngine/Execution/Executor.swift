/// Executes one operation (section 6): field after field, so that orders are done one after the other and a question holds no
/// more than one of the site's threads.
final class Executor {
  private struct Place {
    let field: GraphQLDocument.Field
    let path: [GraphQLValue]
  }

  /// A field that must not be null is: its parent is null in its place.
  private struct Nothing: Error {}

  private let schema: GraphQLSchema
  private let document: GraphQLDocument
  private let operation: GraphQLDocument.Operation
  private let root: String
  private let coercion: InputCoercion
  private let context: any Sendable
  private let limits: GraphQLLimits
  private let present: (any Error) -> GraphQLError
  private let fragments: [String: GraphQLDocument.Fragment]
  private var possible: [String: Set<String>] = [:]
  private var errors: [GraphQLError] = []
  private var answered = 0

  init(
    schema: GraphQLSchema, document: GraphQLDocument, operation: GraphQLDocument.Operation, root: String,
    coercion: InputCoercion, context: any Sendable, limits: GraphQLLimits,
    present: @escaping (any Error) -> GraphQLError
  ) {
    self.schema = schema
    self.document = document
    self.operation = operation
    self.root = root
    self.coercion = coercion
    self.context = context
    self.limits = limits
    self.present = present
    fragments = document.fragmentTable
  }

  /// - Throws: `CancellationError`.
  func run() async throws -> GraphQLResponse {
    do {
      let data = try await object(operation.selections, of: root, .object([]), [])
      return GraphQLResponse(data: data, errors: errors, limit: limits.errors)
    } catch is Nothing {
      return GraphQLResponse(data: .null, errors: errors, limit: limits.errors)
    }
  }

  // MARK: Objects

  private func object(
    _ selections: [GraphQLDocument.Selection], of type: String, _ parent: GraphQLValue, _ path: [GraphQLValue]
  ) async throws -> GraphQLValue {
    var groups: [(key: String, fields: [GraphQLDocument.Field])] = []
    var places: [String: Int] = [:]
    var visited: Set<String> = []
    try collect(selections, of: type, &groups, &places, &visited)
    var answer: [(String, GraphQLValue)] = []
    for group in groups {
      try Task.checkCancellation()
      let place = Place(field: group.fields[0], path: path + [.string(group.key)])
      answer.append((group.key, try await value(group.fields, place, of: type, parent)))
    }
    return .object(answer)
  }

  private func collect(
    _ selections: [GraphQLDocument.Selection], of type: String,
    _ groups: inout [(key: String, fields: [GraphQLDocument.Field])], _ places: inout [String: Int],
    _ visited: inout Set<String>
  ) throws {
    for selection in selections {
      switch selection {
      case .field(let field) where try isWanted(field.directives):
        if let place = places[field.key] {
          groups[place].fields.append(field)
        } else {
          places[field.key] = groups.count
          groups.append((field.key, [field]))
        }
      case .spread(let spread) where try isWanted(spread.directives):
        guard visited.insert(spread.name).inserted, let fragment = fragments[spread.name],
          mayBe(type, fragment.type)
        else { continue }
        try collect(fragment.selections, of: type, &groups, &places, &visited)
      case .inline(let inline) where try isWanted(inline.directives):
        guard inline.type.map({ mayBe(type, $0) }) ?? true else { continue }
        try collect(inline.selections, of: type, &groups, &places, &visited)
      case .field, .spread, .inline: break
      }
    }
  }

  private func isWanted(_ directives: [GraphQLDocument.Directive]) throws -> Bool {
    for directive in directives {
      guard let definition = Introspection.directives.first(where: { $0.name == directive.name }) else { continue }
      let arguments = try coercion.arguments(directive.arguments, of: definition.arguments, at: directive.location)
      if directive.name == "skip", arguments["if"] == .bool(true) { return false }
      if directive.name == "include", arguments["if"] == .bool(false) { return false }
    }
    return true
  }

  private func mayBe(_ type: String, _ condition: String) -> Bool {
    if type == condition { return true }
    if let names = possible[condition] { return names.contains(type) }
    let names = schema.possibleTypes(of: condition)
    possible[condition] = names
    return names.contains(type)
  }

  // MARK: Fields

  private func value(
    _ fields: [GraphQLDocument.Field], _ place: Place, of type: String, _ parent: GraphQLValue
  ) async throws -> GraphQLValue {
    answered += 1
    // Other work of the same thread gets a turn in a long answer.
    if answered.isMultiple(of: 500) { await Task.yield() }
    let field = place.field
    if field.name == "__typename" { return .string(type) }
    guard let definition = schema.field(field.name, of: type) else { return .null }
    do {
      guard answered <= limits.answerFields else {
        throw GraphQLError("the answer has more than \(limits.answerFields) values")
      }
      let arguments = try coercion.arguments(field.arguments, of: definition.arguments, at: field.location)
      let found: GraphQLValue
      if let resolve = definition.resolve {
        let isOfSchema = type.hasPrefix("__") || field.name.hasPrefix("__")
        found = try await resolve(
          GraphQLCall(arguments: arguments, parent: parent, context: isOfSchema ? schema : context))
      } else {
        found = parent[field.name] ?? .null
      }
      return try await complete(found, definition.type, fields, place)
    } catch let error as CancellationError {
      throw error
    } catch {
      if !(error is Nothing) { note(error, place) }
      guard !definition.type.isNonNull else { throw Nothing() }
      return .null
    }
  }

  private func note(_ error: any Error, _ place: Place) {
    guard errors.count < limits.errors else { return }
    var reported = error as? GraphQLError ?? present(error)
    if reported.locations.isEmpty { reported.locations = [place.field.location] }
    if reported.path.isEmpty { reported.path = place.path }
    errors.append(reported)
  }

  private func complete(
    _ value: GraphQLValue, _ type: GraphQLTypeReference, _ fields: [GraphQLDocument.Field], _ place: Place
  ) async throws -> GraphQLValue {
    switch type {
    case .nonNull(let inner):
      let completed = try await complete(value, inner, fields, place)
      if completed == .null { throw GraphQLError("'\(place.field.name)' is never null, and has no value") }
      return completed
    case .list(let inner):
      guard case .list(let values) = value else {
        if value == .null { return .null }
        throw GraphQLError("'\(place.field.name)' is a list, and has one value")
      }
      var completed: [GraphQLValue] = []
      for (index, value) in values.enumerated() {
        let place = Place(field: place.field, path: place.path + [.int(Int64(index))])
        do {
          completed.append(try await complete(value, inner, fields, place))
        } catch let error as CancellationError {
          throw error
        } catch  where !inner.isNonNull {
          if !(error is Nothing) { note(error, place) }
          completed.append(.null)
        }
      }
      return .list(completed)
    case .named(let name):
      guard value != .null, let named = schema.types[name] else { return .null }
      guard named.isComposite else { return value }
      return try await composite(value, named, fields, place)
    }
  }

  private func composite(
    _ value: GraphQLValue, _ type: GraphQLType, _ fields: [GraphQLDocument.Field], _ place: Place
  ) async throws -> GraphQLValue {
    var name = type.name
    if case .object = type.form {
    } else {
      // Who gives an interface or a union says which object it is.
      guard let actual = value["__typename"]?.text, mayBe(actual, name) else {
        throw GraphQLError("'\(place.field.name)' does not say which '\(name)' it is")
      }
      name = actual
    }
    return try await object(fields.flatMap(\.selections), of: name, value, place.path)
  }
}
