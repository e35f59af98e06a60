/// Section 5.3.2: fields that have one name in the answer must be one field.
///
/// Compared pair by pair, as in the specification; a document that needs too many steps is refused, because the
/// comparison may be exponential in the text. A step is a comparison, or a field that is looked up for one.
extension Validation {
  private struct Found {
    let field: GraphQLDocument.Field
    let parent: String
    let definition: GraphQLField
  }

  mutating func checkMerging(_ operation: GraphQLDocument.Operation, _ root: String) {
    var found: [Found] = []
    var visited: Set<String> = []
    collect(operation.selections, of: root, &found, &visited)
    checkMerging(found)
    if isTooMuch {
      add("the document has too many fields of the same names", operation.location)
    }
  }

  private var isTooMuch: Bool { mergingSteps > limits.mergingSteps }

  private mutating func checkMerging(_ fields: [Found]) {
    let groups = Dictionary(grouping: fields) { $0.field.key }
    for key in groups.keys.sorted() {
      guard let group = groups[key] else { continue }
      for (index, left) in group.enumerated() {
        for right in group[..<index] {
          guard !isTooMuch else { return }
          if let why = conflict(left, right, areExclusive: false) {
            add("'\(key.prefix(100))' stands for two things: \(why)", right.field.location, left.field.location)
            return
          }
        }
        // The same within each one's own selection: fragments may make millions of a few.
        guard !isTooMuch else { return }
        checkMerging(below([left]))
      }
    }
  }

  private mutating func conflict(_ left: Found, _ right: Found, areExclusive: Bool) -> String? {
    mergingSteps += 1
    guard !isTooMuch else { return nil }
    let areExclusive = areExclusive || (left.parent != right.parent && isObject(left.parent) && isObject(right.parent))
    if !areExclusive {
      guard left.field.name == right.field.name else {
        return "'\(left.field.name.prefix(100))' and '\(right.field.name.prefix(100))'"
      }
      guard Self.arguments(left.field) == Self.arguments(right.field) else { return "their arguments differ" }
    }
    guard haveOneShape(left.definition.type, right.definition.type) else {
      return "a '\(left.definition.type)' and a '\(right.definition.type)'"
    }
    let rights = Dictionary(grouping: below([right])) { $0.field.key }
    for one in below([left]) {
      for other in rights[one.field.key] ?? [] {
        if let why = conflict(one, other, areExclusive: areExclusive) {
          return "their fields '\(one.field.key.prefix(100))': \(why)"
        }
      }
    }
    return nil
  }

  private static func arguments(_ field: GraphQLDocument.Field) -> [String: GraphQLValue] {
    Dictionary(field.arguments.map { ($0.name, $0.value) }) { first, _ in first }
  }

  private func isObject(_ name: String) -> Bool {
    if case .object = schema.types[name]?.form { return true }
    return false
  }

  private func haveOneShape(_ left: GraphQLTypeReference, _ right: GraphQLTypeReference) -> Bool {
    switch (left, right) {
    case (.nonNull(let left), .nonNull(let right)), (.list(let left), .list(let right)): haveOneShape(left, right)
    case (.named(let left), .named(let right)):
      left == right || (schema.types[left]?.isComposite == true && schema.types[right]?.isComposite == true)
    case (.nonNull, _), (_, .nonNull), (.list, _), (_, .list): false
    }
  }

  /// The fields that are selected of these, fragments put in their places.
  private mutating func below(_ fields: [Found]) -> [Found] {
    var found: [Found] = []
    var visited: Set<String> = []
    for field in fields { collect(field.field.selections, of: field.definition.type.name, &found, &visited) }
    return found
  }

  private mutating func collect(
    _ selections: [GraphQLDocument.Selection], of type: String, _ found: inout [Found], _ visited: inout Set<String>
  ) {
    for selection in selections {
      mergingSteps += 1
      guard !isTooMuch else { return }
      switch selection {
      case .field(let field):
        guard let definition = schema.field(field.name, of: type) else { continue }
        found.append(Found(field: field, parent: type, definition: definition))
      case .inline(let inline): collect(inline.selections, of: inline.type ?? type, &found, &visited)
      case .spread(let spread):
        guard visited.insert(spread.name).inserted, let fragment = fragments[spread.name] else { continue }
        collect(fragment.selections, of: fragment.type, &found, &visited)
      }
    }
  }
}
