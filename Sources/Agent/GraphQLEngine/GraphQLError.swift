import TextBytes

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
