import Foundation

@testable import GraphQLEngine

/// What any client may send to `/graphql`: a document that is accepted means the same however its lines end, what is
/// wrong with it has a place in it, and all of it is judged in the steps that the limits allow.
enum GraphQLCheck {
  /// - Parameter bytes: a document.
  static func document(_ bytes: [UInt8]) throws {
    let limits = GraphQLLimits()
    let document: GraphQLDocument
    do throws(GraphQLError) {
      document = try GraphQLDocument.parse(bytes, limits: limits)
    } catch {
      return try sound([error], bytes)
    }
    if !bytes.contains(UInt8(ascii: "\r")) {
      let other = bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
      // Longer than may be is another matter.
      if other.count <= limits.documentBytes {
        let same = try? GraphQLDocument.parse(other, limits: limits)
        try Disagreement.unless(same == document, "with other line ends it means something else")
      }
    }
    var validation = Validation(try schema, document, limits)
    let errors = validation.run()
    try sound(errors, bytes)
    // The one step that finds out that it was the last counts too, on each level that it ends.
    let most = limits.mergingSteps + 2 * limits.fields * document.operations.count + limits.tokens
    try Disagreement.unless(validation.mergingSteps <= most, "\(validation.mergingSteps) steps")
    guard errors.isEmpty else { return }
    for operation in document.operations {
      try demand(operation, document, limits)
    }
  }

  /// - Parameter bytes: the body of a request.
  static func request(_ bytes: [UInt8]) throws {
    let value: GraphQLValue
    do throws(GraphQLError) {
      value = try GraphQLValue(json: bytes)
    } catch {
      return try harmless(error.message)
    }
    let again = try? GraphQLValue(json: value.json)
    try Disagreement.unless(again == value, "it does not come back as it was read")
    let judge = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
    try Disagreement.unless(judge != nil, "Foundation does not take it for JSON")
    let asked: GraphQLRequest
    do throws(GraphQLError) {
      asked = try GraphQLRequest(json: bytes)
    } catch {
      return try harmless(error.message)
    }
    try document(Array(asked.query.utf8))
  }

  /// What is weighed or coerced may be refused, and no more.
  private static func demand(
    _ operation: GraphQLDocument.Operation, _ document: GraphQLDocument, _ limits: GraphQLLimits
  ) throws {
    let schema = try schema
    guard let root = schema.root(of: operation.kind) else { return }
    do throws(GraphQLError) {
      let variables = try InputCoercion.variables(GraphQLObject(), of: operation, schema)
      try Demand.check(operation, document, schema, root: root, variables: variables, limits)
    } catch {
      try harmless(error.message)
    }
  }

  private static func sound(_ errors: [GraphQLError], _ bytes: [UInt8]) throws {
    // However lines are counted, there are no more than bytes.
    for error in errors {
      try harmless(error.message)
      try Disagreement.unless(!error.locations.isEmpty, "'\(error.message)' has no place")
      for place in error.locations {
        try Disagreement.unless(
          (1...bytes.count + 1).contains(place.line) && (1...bytes.count + 1).contains(place.column),
          "'\(error.message)' at \(place.line):\(place.column) of \(bytes.count) bytes")
      }
    }
  }

  /// Checks that nothing in it moves a cursor, ends a line or turns the direction of text.
  private static func harmless(_ text: String) throws {
    let bad = text.unicodeScalars.first { scalar in
      scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x2028...0x202e).contains(scalar.value)
    }
    try Disagreement.unless(bad == nil, "U+\(String(bad?.value ?? 0, radix: 16)) is shown")
  }

  /// A schema with everything in it that a schema can have, for names that the seeds use.
  private static var schema: GraphQLSchema {
    get throws {
      try GraphQLSchema(
        [
          GraphQLType(
            "Query", "",
            .object(
              [
                .init(
                  "node", "Node", "",
                  arguments: [.init("name", "String", ""), .init("filter", "Filter", ""), .init("ids", "[ID!]", "")]),
                .init("any", "Any", ""),
                .init(
                  "nodes", "[Node!]!", "", arguments: [.init("first", "Int", "", standard: .int(2))],
                  size: { if case .int(let count)? = $0["first"] { Int(count) } else { 1 } }),
              ], interfaces: [])),
          GraphQLType(
            "Node", "",
            .object(
              [.init("id", "ID!", ""), .init("next", "Node", ""), .init("n", "Float", "")], interfaces: ["Named"])),
          GraphQLType("Named", "", .interface([.init("id", "ID!", "")])),
          GraphQLType("Leaf", "", .object([.init("word", "Word", "")], interfaces: [])),
          GraphQLType("Any", "", .union(["Node", "Leaf"])),
          GraphQLType("Word", "", .enumeration([.init("A", ""), .init("B", "")])),
          GraphQLType(
            "Filter", "", .input([.init("word", "Word!", ""), .init("all", "[Filter]", ""), .init("b", "Boolean", "")])),
        ], query: "Query")
    }
  }
}
