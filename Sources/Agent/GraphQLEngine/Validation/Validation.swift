/// Judges a document by a schema (section 5), before any of it is executed.
struct Validation {
  let schema: GraphQLSchema
  let document: GraphQLDocument
  let limits: GraphQLLimits
  let fragments: [String: GraphQLDocument.Fragment]
  private(set) var errors: [GraphQLError] = []
  /// Steps that were taken in comparing fields of one name.
  var mergingSteps = 0

  init(_ schema: GraphQLSchema, _ document: GraphQLDocument, _ limits: GraphQLLimits) {
    self.schema = schema
    self.document = document
    self.limits = limits
    fragments = document.fragmentTable
  }

  /// Returns the errors; empty for a valid document.
  mutating func run() -> [GraphQLError] {
    checkOperations()
    checkFragments()
    for operation in document.operations {
      guard let root = schema.root(of: operation.kind) else {
        add("there are no operations of the sort '\(operation.kind)' here", operation.location)
        continue
      }
      check(operation.directives, at: operation.kind == .query ? "QUERY" : "MUTATION")
      check(operation.selections, of: root)
    }
    for fragment in document.fragments where schema.types[fragment.type]?.isComposite == true {
      check(fragment.directives, at: "FRAGMENT_DEFINITION")
      check(fragment.selections, of: fragment.type)
    }
    // What follows walks through fragments, and needs that they end.
    guard errors.isEmpty else { return errors }
    for operation in document.operations {
      checkVariables(operation)
      if let root = schema.root(of: operation.kind) { checkMerging(operation, root) }
    }
    return errors
  }

  mutating func add(_ message: String, _ locations: GraphQLError.Location...) {
    guard errors.count < limits.errors else { return }
    errors.append(GraphQLError(message, at: locations))
  }

  // MARK: Operations and fragments

  private mutating func checkOperations() {
    var names: Set<String> = []
    for operation in document.operations {
      if let name = operation.name {
        if !names.insert(name).inserted { add("there are two operations '\(name.prefix(100))'", operation.location) }
      } else if document.operations.count > 1 {
        add("an operation without a name must be alone", operation.location)
      }
    }
    if document.operations.isEmpty { add("the document has no operation", .first) }
  }

  private mutating func checkFragments() {
    var names: Set<String> = []
    for fragment in document.fragments {
      if !names.insert(fragment.name).inserted {
        add("there are two fragments '\(fragment.name.prefix(100))'", fragment.location)
      }
      if schema.types[fragment.type]?.isComposite != true {
        add("a fragment cannot be on '\(fragment.type.prefix(100))'", fragment.location)
      }
    }
    var used: Set<String> = []
    var open = document.operations.flatMap { Self.spreads($0.selections) }
    while let spread = open.popLast() {
      guard used.insert(spread.name).inserted, let fragment = fragments[spread.name] else { continue }
      open += Self.spreads(fragment.selections)
    }
    for fragment in document.fragments where !used.contains(fragment.name) {
      add("the fragment '\(fragment.name.prefix(100))' is not used", fragment.location)
    }
    checkCycles()
  }

  /// By leaving out, again and again, the fragments that need none that are left: those that stay are in circles.
  private mutating func checkCycles() {
    var needs = fragments.mapValues { Set(Self.spreads($0.selections).map(\.name)).intersection(fragments.keys) }
    var users: [String: [String]] = [:]
    for (name, needed) in needs { for one in needed { users[one, default: []].append(name) } }
    var free = needs.filter(\.value.isEmpty).map(\.key)
    while let name = free.popLast() {
      needs[name] = nil
      for user in users[name] ?? [] {
        needs[user]?.remove(name)
        if needs[user]?.isEmpty == true { free.append(user) }
      }
    }
    for name in needs.keys.sorted() {
      guard let fragment = fragments[name] else { continue }
      add("the fragment '\(name.prefix(100))' contains itself, or one that does", fragment.location)
    }
  }

  /// All spreads in selections, however deep.
  static func spreads(_ selections: [GraphQLDocument.Selection]) -> [GraphQLDocument.Spread] {
    selections.flatMap { selection in
      switch selection {
      case .spread(let spread): [spread]
      case .field(let field): spreads(field.selections)
      case .inline(let inline): spreads(inline.selections)
      }
    }
  }
}
