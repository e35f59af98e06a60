/// Reads tokens as an executable document, by recursion as deep as the limits allow.
struct Parser {
  private var lexer: Lexer
  private var token: Token
  private var tokens = 1
  private var depth = 0
  private let limits: GraphQLLimits

  init(_ bytes: [UInt8], _ limits: GraphQLLimits) throws(GraphQLError) {
    lexer = try Lexer(bytes)
    self.limits = limits
    token = try lexer.next()
  }

  mutating func document() throws(GraphQLError) -> GraphQLDocument {
    var document = GraphQLDocument()
    repeat {
      switch token.kind {
      case .name("fragment"): document.fragments.append(try fragment())
      case .punctuator("{"), .name("query"), .name("mutation"), .name("subscription"):
        document.operations.append(try operation())
      case .name(let name) where Self.definitions.contains(name):
        throw GraphQLError("'\(name)' defines a type: only operations and fragments are executed", at: [token.location])
      default: throw unexpected("an operation or a fragment")
      }
    } while token.kind != .end
    return document
  }

  private static let definitions: Set<String> = [
    "schema", "scalar", "type", "interface", "union", "enum", "input", "directive", "extend",
  ]

  // MARK: Words

  private mutating func advance() throws(GraphQLError) {
    tokens += 1
    guard tokens <= limits.tokens else {
      throw GraphQLError("the document has more than \(limits.tokens) words", at: [token.location])
    }
    token = try lexer.next()
  }

  private func unexpected(_ wanted: String) -> GraphQLError {
    GraphQLError("the document has \(token.text) where \(wanted) should be", at: [token.location])
  }

  private mutating func skip(_ punctuator: String) throws(GraphQLError) -> Bool {
    guard token.kind == .punctuator(punctuator) else { return false }
    try advance()
    return true
  }

  private mutating func expect(_ punctuator: String) throws(GraphQLError) {
    guard try skip(punctuator) else { throw unexpected("'\(punctuator)'") }
  }

  private mutating func name() throws(GraphQLError) -> String {
    guard case .name(let name) = token.kind else { throw unexpected("a name") }
    try advance()
    return name
  }

  private mutating func deeper<Answer>(
    _ body: (inout Parser) throws(GraphQLError) -> Answer
  ) throws(GraphQLError) -> Answer {
    guard depth < limits.nesting else {
      throw GraphQLError("the document is nested more than \(limits.nesting) deep", at: [token.location])
    }
    depth += 1
    let answer = try body(&self)
    depth -= 1
    return answer
  }

  /// At least one, between two marks.
  private mutating func list<Item>(
    _ open: String, _ close: String, _ item: (inout Parser) throws(GraphQLError) -> Item
  ) throws(GraphQLError) -> [Item] {
    try expect(open)
    var items = [try item(&self)]
    while try !skip(close) { items.append(try item(&self)) }
    return items
  }

  // MARK: Definitions

  private mutating func operation() throws(GraphQLError) -> GraphQLDocument.Operation {
    let location = token.location
    guard case .name(let word) = token.kind, let kind = GraphQLDocument.Operation.Kind(rawValue: word) else {
      return .init(
        kind: .query, name: nil, variables: [], directives: [], selections: try selections(), location: location)
    }
    try advance()
    var name: String?
    if case .name(let word) = token.kind {
      name = word
      try advance()
    }
    let variables =
      token.kind == .punctuator("(")
      ? try list("(", ")") { parser throws(GraphQLError) in try parser.variable() } : []
    return .init(
      kind: kind, name: name, variables: variables, directives: try directives(isConstant: false),
      selections: try selections(), location: location)
  }

  private mutating func variable() throws(GraphQLError) -> GraphQLDocument.Variable {
    let location = token.location
    try expect("$")
    let name = try name()
    try expect(":")
    let type = try type()
    let standard = try skip("=") ? try value(isConstant: true) : nil
    return .init(
      name: name, type: type, standard: standard, directives: try directives(isConstant: true), location: location)
  }

  private mutating func type() throws(GraphQLError) -> GraphQLTypeReference {
    var type: GraphQLTypeReference
    if try skip("[") {
      type = .list(try deeper { parser throws(GraphQLError) in try parser.type() })
      try expect("]")
    } else {
      type = .named(try name())
    }
    if try skip("!") { type = .nonNull(type) }
    return type
  }

  private mutating func fragment() throws(GraphQLError) -> GraphQLDocument.Fragment {
    let location = token.location
    try advance()
    guard token.kind != .name("on") else { throw unexpected("the fragment's name") }
    let name = try name()
    guard token.kind == .name("on") else { throw unexpected("'on'") }
    try advance()
    return .init(
      name: name, type: try self.name(), directives: try directives(isConstant: false), selections: try selections(),
      location: location)
  }

  // MARK: Selections

  private mutating func selections() throws(GraphQLError) -> [GraphQLDocument.Selection] {
    try deeper { parser throws(GraphQLError) in
      try parser.list("{", "}") { parser throws(GraphQLError) in try parser.selection() }
    }
  }

  private mutating func selection() throws(GraphQLError) -> GraphQLDocument.Selection {
    let location = token.location
    guard try skip("...") else { return .field(try field(location)) }
    var type: String?
    if case .name(let word) = token.kind {
      try advance()
      guard word == "on" else {
        return .spread(.init(name: word, directives: try directives(isConstant: false), location: location))
      }
      type = try name()
    }
    return .inline(
      .init(
        type: type, directives: try directives(isConstant: false), selections: try selections(), location: location))
  }

  private mutating func field(_ location: GraphQLError.Location) throws(GraphQLError) -> GraphQLDocument.Field {
    var name = try name()
    var alias: String?
    if try skip(":") {
      alias = name
      name = try self.name()
    }
    let arguments = try arguments(isConstant: false)
    let directives = try directives(isConstant: false)
    let selections = token.kind == .punctuator("{") ? try selections() : []
    return .init(
      alias: alias, name: name, arguments: arguments, directives: directives, selections: selections,
      location: location)
  }

  private mutating func arguments(isConstant: Bool) throws(GraphQLError) -> [GraphQLDocument.Argument] {
    guard token.kind == .punctuator("(") else { return [] }
    return try list("(", ")") { parser throws(GraphQLError) in
      let location = parser.token.location
      let name = try parser.name()
      try parser.expect(":")
      return .init(name: name, value: try parser.value(isConstant: isConstant), location: location)
    }
  }

  private mutating func directives(isConstant: Bool) throws(GraphQLError) -> [GraphQLDocument.Directive] {
    var directives: [GraphQLDocument.Directive] = []
    while token.kind == .punctuator("@") {
      let location = token.location
      try advance()
      directives.append(.init(name: try name(), arguments: try arguments(isConstant: isConstant), location: location))
    }
    return directives
  }

  // MARK: Values

  private mutating func value(isConstant: Bool) throws(GraphQLError) -> GraphQLValue {
    let value: GraphQLValue
    switch token.kind {
    case .punctuator("$") where !isConstant:
      try advance()
      return .variable(try name())
    case .punctuator("["): return try deeper { parser throws(GraphQLError) in try parser.listValue(isConstant) }
    case .punctuator("{"): return try deeper { parser throws(GraphQLError) in try parser.objectValue(isConstant) }
    case .int(let number): value = .int(number)
    case .float(let number): value = .float(number)
    case .string(let text): value = .string(text)
    case .name("true"): value = .bool(true)
    case .name("false"): value = .bool(false)
    case .name("null"): value = .null
    case .name(let name): value = .name(name)
    case .punctuator, .end: throw unexpected("a value")
    }
    try advance()
    return value
  }

  private mutating func listValue(_ isConstant: Bool) throws(GraphQLError) -> GraphQLValue {
    try expect("[")
    var values: [GraphQLValue] = []
    while try !skip("]") { values.append(try value(isConstant: isConstant)) }
    return .list(values)
  }

  private mutating func objectValue(_ isConstant: Bool) throws(GraphQLError) -> GraphQLValue {
    try expect("{")
    var fields: [(String, GraphQLValue)] = []
    var names: Set<String> = []
    while try !skip("}") {
      let location = token.location
      let name = try name()
      try expect(":")
      guard names.insert(name).inserted else {
        throw GraphQLError("an object has '\(name.prefix(40))' twice", at: [location])
      }
      fields.append((name, try value(isConstant: isConstant)))
    }
    return .object(fields)
  }
}
