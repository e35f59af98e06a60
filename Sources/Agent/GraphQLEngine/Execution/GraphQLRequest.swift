/// A request as clients send it: `{"query", "operationName", "variables"}`.
package struct GraphQLRequest: Sendable {
  /// The document.
  package var query: String
  /// Which of its operations; needed where there are several.
  package var operationName: String?
  /// Values of its variables.
  package var variables: GraphQLObject

  /// A request.
  package init(query: String, operationName: String? = nil, variables: GraphQLObject = .init()) {
    self.query = query
    self.operationName = operationName
    self.variables = variables
  }

  /// Decodes a request from JSON.
  ///
  /// - Throws: `GraphQLError` for an invalid request.
  package init(json: [UInt8]) throws(GraphQLError) {
    let value = try GraphQLValue(json: json)
    guard case .object = value else { throw GraphQLError("the body is no JSON object") }
    guard case .string(let query)? = value["query"] else { throw GraphQLError("the body has no text 'query'") }
    switch value["operationName"] {
    case .string(let name): operationName = name
    case .null, nil: operationName = nil
    default: throw GraphQLError("the body's 'operationName' is no text")
    }
    switch value["variables"] {
    case .object(let object): variables = object
    case .null, nil: variables = GraphQLObject()
    default: throw GraphQLError("the body's 'variables' are no object")
    }
    self.query = query
  }
}

/// What a request is answered with.
package struct GraphQLResponse: Sendable {
  /// `{"data", "errors"}`.
  package let value: GraphQLValue
  /// The request was understood, and answered at least in part.
  package let isExecuted: Bool

  init(data: GraphQLValue?, errors: [GraphQLError], limit: Int) {
    var object = GraphQLObject()
    if !errors.isEmpty { object["errors"] = .list(errors.prefix(limit).map(\.value)) }
    object["data"] = data
    value = .object(object)
    isExecuted = data != nil
  }

  /// The same, of a request that cannot be read.
  package init(_ error: GraphQLError) { self.init(data: nil, errors: [error], limit: 1) }
}
