/// Answers requests by a schema.
package struct GraphQLEngine: Sendable {
  private let schema: GraphQLSchema
  private let limits: GraphQLLimits

  /// An engine of a schema.
  package init(_ schema: GraphQLSchema, limits: GraphQLLimits = .init()) {
    self.schema = schema
    self.limits = limits
  }

  /// Reads, validates and executes a request. Whatever is wrong with it is in the answer.
  ///
  /// - Parameters:
  ///   - context: handed to the resolvers.
  ///   - present: turns into a `GraphQLError` an error that a resolver throws and that is no `GraphQLError`; cancellation is thrown on.
  /// - Throws: `CancellationError`.
  package func execute(
    _ request: GraphQLRequest, context: any Sendable,
    present: @escaping @Sendable (any Error) -> GraphQLError
  ) async throws -> GraphQLResponse {
    let executor: Executor
    do {
      let document = try GraphQLDocument.parse(Array(request.query.utf8), limits: limits)
      var validation = Validation(schema, document, limits)
      let errors = validation.run()
      guard errors.isEmpty else { return GraphQLResponse(data: nil, errors: errors, limit: limits.errors) }
      let operation = try Self.operation(request.operationName, of: document)
      guard let root = schema.root(of: operation.kind) else {
        throw GraphQLError("there are no operations of the sort '\(operation.kind)' here", at: [operation.location])
      }
      let variables = try InputCoercion.variables(request.variables, of: operation, schema)
      try Demand.check(operation, document, schema, root: root, variables: variables, limits)
      executor = Executor(
        schema: schema, document: document, operation: operation, root: root,
        coercion: InputCoercion(schema: schema, variables: variables), context: context, limits: limits,
        present: present)
    } catch let error as GraphQLError {
      return GraphQLResponse(data: nil, errors: [error], limit: limits.errors)
    }
    return try await executor.run()
  }

  private static func operation(
    _ name: String?, of document: GraphQLDocument
  ) throws(GraphQLError) -> GraphQLDocument.Operation {
    if let name {
      if let operation = document.operations.first(where: { $0.name == name }) { return operation }
      throw GraphQLError("the document has no operation '\(GraphQLError.shown(name, 100))'", at: [.first])
    }
    guard document.operations.count == 1 else {
      throw GraphQLError(
        "the document has \(document.operations.count) operations: 'operationName' must say which", at: [.first])
    }
    return document.operations[0]
  }
}

/// How much one request may ask for. Whatever is beyond is refused with an error, before or while it is answered.
package struct GraphQLLimits: Hashable, Sendable {
  /// Bytes of the document.
  package var documentBytes = 64 << 10
  /// Tokens of the document.
  package var tokens = 8_000
  /// How deeply selections and values of the document may be nested as they are written; JSON is read as deeply.
  package var nesting = 64
  /// How deeply fields may be nested once fragments are put in their places.
  package var depth = 15
  /// The same of an operation whose first fields ask about the schema: what ordinary clients ask first is 15 deep.
  package var introspectionDepth = 30
  /// Fields once fragments are put in their places.
  package var fields = 2_000
  /// Fields of the answer as the document announces them, by the sizes of its pages.
  package var cost = 200_000
  /// Fields of the answer as they come, of introspection too.
  package var answerFields = 250_000
  /// Steps in comparing fields that have one name in the answer.
  package var mergingSteps = 200_000
  /// Errors that are reported; those beyond are left out.
  package var errors = 20

  /// The defaults.
  package init() {}
}

/// How much an operation asks for, before anything is answered: fragments are weighed once, so that those that stand for
/// millions of fields cost no more than their text.
struct Demand {
  private struct Weight {
    var fields = 0
    var depth = 0
    var cost = 0
  }

  private let schema: GraphQLSchema
  private let fragments: [String: GraphQLDocument.Fragment]
  private let coercion: InputCoercion
  private var known: [String: Weight] = [:]

  /// - Throws: `GraphQLError` for more than the limits allow.
  static func check(
    _ operation: GraphQLDocument.Operation, _ document: GraphQLDocument, _ schema: GraphQLSchema, root: String,
    variables: [String: GraphQLValue], _ limits: GraphQLLimits
  ) throws(GraphQLError) {
    var demand = Demand(schema, document, InputCoercion(schema: schema, variables: variables))
    let asksAboutSchema = operation.selections.contains { selection in
      if case .field(let field) = selection { return field.name.hasPrefix("__") }
      return false
    }
    let weight = demand.weigh(operation.selections, of: root)
    let depth = asksAboutSchema ? limits.introspectionDepth : limits.depth
    func refuse(_ what: String, _ most: Int) -> GraphQLError {
      GraphQLError("the request asks for \(what): \(most) are the most", at: [operation.location])
    }
    guard weight.depth <= depth else { throw refuse("fields \(weight.depth) deep", depth) }
    guard weight.fields <= limits.fields else { throw refuse("\(weight.fields) fields", limits.fields) }
    guard weight.cost <= limits.cost else { throw refuse("\(weight.cost) values", limits.cost) }
  }

  private init(_ schema: GraphQLSchema, _ document: GraphQLDocument, _ coercion: InputCoercion) {
    self.schema = schema
    fragments = document.fragmentTable
    self.coercion = coercion
  }

  private mutating func weigh(_ selections: [GraphQLDocument.Selection], of type: String) -> Weight {
    var sum = Weight()
    for selection in selections {
      let weight = weigh(selection, of: type)
      sum.fields = Self.sum(sum.fields, weight.fields)
      sum.cost = Self.sum(sum.cost, weight.cost)
      sum.depth = max(sum.depth, weight.depth)
    }
    return sum
  }

  private mutating func weigh(_ selection: GraphQLDocument.Selection, of type: String) -> Weight {
    switch selection {
    case .inline(let inline): return weigh(inline.selections, of: inline.type ?? type)
    case .spread(let spread):
      if let weight = known[spread.name] { return weight }
      guard let fragment = fragments[spread.name] else { return Weight() }
      let weight = weigh(fragment.selections, of: fragment.type)
      known[spread.name] = weight
      return weight
    case .field(let field):
      guard let definition = schema.field(field.name, of: type) else { return Weight(fields: 1, depth: 1, cost: 1) }
      var weight = weigh(field.selections, of: definition.type.name)
      // What cannot be read as arguments is reported when the field is answered.
      let arguments = try? coercion.arguments(field.arguments, of: definition.arguments, at: field.location)
      let size = arguments.flatMap { definition.size?($0) } ?? 1
      weight.fields = Self.sum(weight.fields, 1)
      weight.depth += 1
      let (cost, isTooMuch) = weight.cost.multipliedReportingOverflow(by: max(1, size))
      weight.cost = Self.sum(isTooMuch ? .max : cost, 1)
      return weight
    }
  }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, isTooMuch) = left.addingReportingOverflow(right)
    return isTooMuch ? .max : sum
  }
}
