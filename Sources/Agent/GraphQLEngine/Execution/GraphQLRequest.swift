internal import TextBytes

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

/// An error of a request, or of a part of its answer (specification of October 2021, section 7.1.2).
package struct GraphQLError: Error, Hashable, Sendable {
  /// A place in the document; both begin with 1.
  package struct Location: Hashable, Sendable {
    /// The line.
    package let line: Int
    /// The column, in bytes.
    package let column: Int

    /// The beginning of a document, for errors of the whole document.
    static let first = Location(line: 1, column: 1)
  }

  /// The error text.
  package var message: String
  /// Where in the document.
  package var locations: [Location]
  /// Where in the answer: names and places in lists.
  package var path: [GraphQLValue]
  /// More for programs.
  package var extensions: GraphQLObject?

  /// An error.
  package init(
    _ message: String, at locations: [Location] = [], path: [GraphQLValue] = [], extensions: GraphQLObject? = nil
  ) {
    self.message = message
    self.locations = locations
    self.path = path
    self.extensions = extensions
  }

  /// The beginning of what a client has sent, for a message: what does not show, or turns the direction of text, by its
  /// number.
  static func shown(_ text: String, _ length: Int) -> String {
    ForeignText.numbered(text.prefix(length))
  }

  var value: GraphQLValue {
    var object = GraphQLObject([("message", .string(message))])
    if !locations.isEmpty {
      object["locations"] = .list(
        locations.map { .object([("line", .int(Int64($0.line))), ("column", .int(Int64($0.column)))]) })
    }
    if !path.isEmpty { object["path"] = .list(path) }
    if let extensions { object["extensions"] = .object(extensions) }
    return .object(object)
  }
}

/// All that is wrong with a request that is not answered at all.
struct GraphQLErrors: Error {
  let errors: [GraphQLError]
}
