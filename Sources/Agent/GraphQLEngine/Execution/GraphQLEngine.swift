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
