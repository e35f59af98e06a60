/// How much an operation asks for, before anything is answered: fragments are weighed once, so that those that stand for
/// millions of fields cost no more than their text.
struct Demand {
  private struct Weight {
    var fields = 0
    var depth = 0
    var cost = 0
  }

  private let schema: GraphQLSchema
  private let fragments: [String: GraphQLDocument.Fragment]
  private let coercion: InputCoercion
  private var known: [String: Weight] = [:]

  /// - Throws: `GraphQLError` for more than the limits allow.
  static func check(
    _ operation: GraphQLDocument.Operation, _ document: GraphQLDocument, _ schema: GraphQLSchema, root: String,
    variables: [String: GraphQLValue], _ limits: GraphQLLimits
  ) throws(GraphQLError) {
    var demand = Demand(schema, document, InputCoercion(schema: schema, variables: variables))
    let asksAboutSchema = operation.selections.contains { selection in
      if case .field(let field) = selection { return field.name.hasPrefix("__") }
      return false
    }
    let weight = demand.weigh(operation.selections, of: root)
    let depth = asksAboutSchema ? limits.introspectionDepth : limits.depth
    func refuse(_ what: String, _ most: Int) -> GraphQLError {
      GraphQLError("the request asks for \(what): \(most) are the most", at: [operation.location])
    }
    guard weight.depth <= depth else { throw refuse("fields \(weight.depth) deep", depth) }
    guard weight.fields <= limits.fields else { throw refuse("\(weight.fields) fields", limits.fields) }
    guard weight.cost <= limits.cost else { throw refuse("\(weight.cost) values", limits.cost) }
  }

  private init(_ schema: GraphQLSchema, _ document: GraphQLDocument, _ coercion: InputCoercion) {
    self.schema = schema
    fragments = document.fragmentTable
    self.coercion = coercion
  }

  private mutating func weigh(_ selections: [GraphQLDocument.Selection], of type: String) -> Weight {
    var sum = Weight()
    for selection in selections {
      let weight = weigh(selection, of: type)
      sum.fields = Self.sum(sum.fields, weight.fields)
      sum.cost = Self.sum(sum.cost, weight.cost)
      sum.depth = max(sum.depth, weight.depth)
    }
    return sum
  }

  private mutating func weigh(_ selection: GraphQLDocument.Selection, of type: String) -> Weight {
    switch selection {
    case .inline(let inline): return weigh(inline.selections, of: inline.type ?? type)
    case .spread(let spread):
      if let weight = known[spread.name] { return weight }
      guard let fragment = fragments[spread.name] else { return Weight() }
      let weight = weigh(fragment.selections, of: fragment.type)
      known[spread.name] = weight
      return weight
    case .field(let field):
      guard let definition = schema.field(field.name, of: type) else { return Weight(fields: 1, depth: 1, cost: 1) }
      var weight = weigh(field.selections, of: definition.type.name)
      // What cannot be read as arguments is reported when the field is answered.
      let arguments = try? coercion.arguments(field.arguments, of: definition.arguments, at: field.location)
      let size = arguments.flatMap { definition.size?($0) } ?? 1
      weight.fields = Self.sum(weight.fields, 1)
      weight.depth += 1
      let (cost, isTooMuch) = weight.cost.multipliedReportingOverflow(by: max(1, size))
      weight.cost = Self.sum(isTooMuch ? .max : cost, 1)
      return weight
    }
  }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, isTooMuch) = left.addingReportingOverflow(right)
    return isTooMuch ? .max : sum
  }
}
