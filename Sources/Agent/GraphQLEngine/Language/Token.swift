/// A word of a document.
struct Token: Hashable {
  enum Kind: Hashable {
    case end
    /// `!`, `$`, `(`, `...` and so on.
    case punctuator(String)
    case name(String)
    case int(Int64)
    case float(Double)
    case string(String)
  }

  let kind: Kind
  let location: GraphQLError.Location

  /// Its name in messages.
  var text: String {
    switch kind {
    case .end: "the end"
    case .punctuator(let text), .name(let text): "'\(text.prefix(40))'"
    case .int(let value): "'\(value)'"
    case .float(let value): "'\(value)'"
    case .string: "a string"
    }
  }
}
