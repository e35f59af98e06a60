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
