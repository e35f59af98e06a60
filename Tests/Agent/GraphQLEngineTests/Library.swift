import GraphQLEngine

/// A small schema with everything in it that a schema can have.
enum Library {
  static func schema() throws -> GraphQLSchema {
    try GraphQLSchema(
      [
        GraphQLType(
          "Query", "Questions.",
          .object(
            [
              .init(
                "book", "Book", "One book.", arguments: [.init("title", "String!", "Its title.")]
              ) { call in book(call.arguments["title"]?.text ?? "") },
              .init(
                "books", "[Book!]!", "Books.",
                arguments: [
                  .init("first", "Int", "How many.", standard: .int(2)), .init("genre", "Genre", "Of which."),
                ],
                resolve: { call in
                  guard case .int(let count)? = call.arguments["first"] else { return .list([]) }
                  return .list((0..<Int(count)).map { book("b\($0)") })
                }, size: { if case .int(let count)? = $0["first"] { Int(count) } else { 1 } }),
              .init("any", "Thing", "A book or a shelf.", arguments: [.init("shelf", "Boolean", "The latter.")]) {
                call in
                call.arguments["shelf"] == .bool(true)
                  ? .object([("__typename", .string("Shelf")), ("place", .string("left"))]) : book("b")
              },
              .init("broken", "String", "Throws.") { _ in throw Trouble() },
              .init("never", "String!", "Throws, and is never null.") { _ in throw Trouble() },
              .init("echo", "String", "Its filter.", arguments: [.init("filter", "Filter", "A filter.")]) { call in
                .string(String(decoding: (call.arguments["filter"] ?? .null).json, as: UTF8.self))
              },
            ], interfaces: [])),
        GraphQLType(
          "Mutation", "Orders.",
          .object(
            [
              .init("lend", "Book", "Lends.", arguments: [.init("id", "ID!", "Which.")]) { call in
                book(call.arguments["id"]?.text ?? "")
              }
            ], interfaces: [])),
        GraphQLType(
          "Book", "A \"\"\"book\"\"\".",
          .object(
            [
              .init("title", "String!", "Its title."), .init("pages", "Int", "How many."),
              .init("old", "String", "Gone.", deprecation: "use title"),
              .init("next", "Book", "The next.") { call in
                book((call.parent["title"]?.text ?? "") + "+")
              },
              .init("never", "String!", "Throws.") { _ in throw Trouble() },
            ], interfaces: ["Named"])),
        GraphQLType("Shelf", "A shelf.", .object([.init("place", "String!", "Where.")], interfaces: [])),
        GraphQLType("Named", "Has a title.", .interface([.init("title", "String!", "It.")])),
        GraphQLType("Thing", "One or the other.", .union(["Book", "Shelf"])),
        GraphQLType("Genre", "Sorts.", .enumeration([.init("PROSE", "Prose."), .init("VERSE", "Verse.")])),
        GraphQLType(
          "Filter", "What is wanted.",
          .input([
            .init("genre", "Genre!", "Of which."), .init("tags", "[String!]", "Marks."),
            .init("limit", "Int", "How many.", standard: .int(7)),
          ])),
        GraphQLType("Time", "A moment.", .scalar(specifiedBy: "https://www.rfc-editor.org/rfc/rfc3339")),
      ], query: "Query", mutation: "Mutation")
  }

  struct Trouble: Error {}

  private static func book(_ title: String) -> GraphQLValue {
    .object([("__typename", .string("Book")), ("title", .string(title)), ("pages", .int(100))])
  }

  /// Returns the answer as JSON.
  static func answer(
    _ query: String, _ variables: [(String, GraphQLValue)] = [], operation: String? = nil,
    limits: GraphQLLimits = .init()
  ) async throws -> String {
    let response = try await GraphQLEngine(try schema(), limits: limits).execute(
      GraphQLRequest(query: query, operationName: operation, variables: GraphQLObject(variables)), context: 0
    ) { _ in GraphQLError("trouble") }
    return String(decoding: response.value.json, as: UTF8.self)
  }
}
