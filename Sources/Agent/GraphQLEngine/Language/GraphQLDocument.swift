/// An executable document (section 2), as it was written.
package struct GraphQLDocument: Hashable, Sendable {
  struct Operation: Hashable, Sendable {
    enum Kind: String, Sendable { case query, mutation, subscription }

    let kind: Kind
    let name: String?
    let variables: [Variable]
    let directives: [Directive]
    let selections: [Selection]
    let location: GraphQLError.Location
  }

  struct Variable: Hashable, Sendable {
    let name: String
    let type: GraphQLTypeReference
    let standard: GraphQLValue?
    let directives: [Directive]
    let location: GraphQLError.Location
  }

  struct Fragment: Hashable, Sendable {
    let name: String
    let type: String
    let directives: [Directive]
    let selections: [Selection]
    let location: GraphQLError.Location
  }

  struct Argument: Hashable, Sendable {
    let name: String
    let value: GraphQLValue
    let location: GraphQLError.Location
  }

  struct Directive: Hashable, Sendable {
    let name: String
    let arguments: [Argument]
    let location: GraphQLError.Location
  }

  struct Field: Hashable, Sendable {
    let alias: String?
    let name: String
    let arguments: [Argument]
    let directives: [Directive]
    let selections: [Selection]
    let location: GraphQLError.Location

    /// Its name in the answer.
    var key: String { alias ?? name }
  }

  struct Spread: Hashable, Sendable {
    let name: String
    let directives: [Directive]
    let location: GraphQLError.Location
  }

  struct Inline: Hashable, Sendable {
    let type: String?
    let directives: [Directive]
    let selections: [Selection]
    let location: GraphQLError.Location
  }

  indirect enum Selection: Hashable, Sendable {
    case field(Field)
    case spread(Spread)
    case inline(Inline)
  }

  var operations: [Operation] = []
  var fragments: [Fragment] = []

  /// By name; the first of several, which the validation reports.
  var fragmentTable: [String: Fragment] { Dictionary(fragments.map { ($0.name, $0) }) { first, _ in first } }

  /// Parses a document in time proportional to its bytes.
  ///
  /// - Throws: `GraphQLError` with its location for a document that is invalid, too long, or too deeply nested.
  package static func parse(_ bytes: [UInt8], limits: GraphQLLimits = .init()) throws(GraphQLError) -> GraphQLDocument {
    guard bytes.count <= limits.documentBytes else {
      throw GraphQLError(
        "the document has \(bytes.count) bytes, and \(limits.documentBytes) are the most", at: [.first])
    }
    var parser = try Parser(bytes, limits)
    return try parser.document()
  }
}

/// A type as fields, arguments and variables name it: `[Name!]!`.
package indirect enum GraphQLTypeReference: Hashable, Sendable, CustomStringConvertible {
  case named(String)
  case list(GraphQLTypeReference)
  case nonNull(GraphQLTypeReference)

  /// The name inside.
  var name: String {
    switch self {
    case .named(let name): name
    case .list(let inner), .nonNull(let inner): inner.name
    }
  }

  /// Without the mark that says it is never null.
  var nullable: GraphQLTypeReference {
    if case .nonNull(let inner) = self { return inner }
    return self
  }

  var isNonNull: Bool { nullable != self }

  /// As documents have it.
  package var description: String {
    switch self {
    case .named(let name): name
    case .list(let inner): "[\(inner)]"
    case .nonNull(let inner): "\(inner)!"
    }
  }

  /// From a text such as `[Name!]!`, which the engine itself has made.
  init(_ text: some StringProtocol) {
    if text.hasSuffix("!") {
      self = .nonNull(.init(text.dropLast()))
    } else if text.hasPrefix("[") {
      self = .list(.init(text.dropFirst().dropLast()))
    } else {
      self = .named(String(text))
    }
  }
}
