import GraphQLEngine
import Testing

@Suite("GraphQL introspection")
struct IntrospectionTests {
  /// What ordinary clients ask first.
  private static let standard = """
    query IntrospectionQuery { __schema { description queryType { name } mutationType { name } subscriptionType { name }
      types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
    fragment FullType on __Type { kind name description specifiedByURL
      fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
        isDeprecated deprecationReason }
      inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
      ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }
    """

  @Test("the question that clients begin with is answered")
  func whole() async throws {
    let answer = try await Library.answer(Self.standard)
    #expect(!answer.contains("\"errors\""), "\(answer.prefix(300))")
    for part in [
      #""queryType":{"name":"Query"}"#, #""mutationType":{"name":"Mutation"}"#, #""subscriptionType":null"#,
      #""deprecationReason":"use title""#, #""defaultValue":"7""#,
      #""specifiedByURL":"https://www.rfc-editor.org/rfc/rfc3339""#,
      #""type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"LIST","name":null,"ofType":{"kind":"NON_NULL","name":null,"ofType":{"kind":"OBJECT","name":"Book","ofType":null}}}}"#,
      #""possibleTypes":[{"kind":"OBJECT","name":"Book","ofType":null}]"#,
    ] { #expect(answer.contains(part), "\(part)") }
  }

  @Test("one type, with what is not to be used any more only when asked")
  func one() async throws {
    #expect(
      try await Library.answer("{ __type(name: \"Book\") { name fields { name } } }")
        == #"{"data":{"__type":{"name":"Book","fields":[{"name":"title"},{"name":"pages"},{"name":"next"},{"name":"never"}]}}}"#
    )
    #expect(try await Library.answer("{ __type(name: \"None\") { name } }") == #"{"data":{"__type":null}}"#)
  }

  @Test("questions about the schema are bounded as all others")
  func bounded() async throws {
    var limits = GraphQLLimits()
    limits.answerFields = 50
    let answer = try await Library.answer("{ __schema { types { fields { name } } } }", limits: limits)
    #expect(answer.contains("more than 50 values"))
  }

  @Test("the schema is printed in its own language")
  func sdl() throws {
    let sdl = try Library.schema().sdl
    for part in [
      "schema {\n  query: Query\n  mutation: Mutation\n}", "type Book implements Named {", "union Thing = Book | Shelf",
      "enum Genre {", "  limit: Int = 7\n", "  old: String @deprecated(reason: \"use title\")",
      "scalar Time @specifiedBy(url: \"https://www.rfc-editor.org/rfc/rfc3339\")",
      "\"\"\"A \\\"\"\"book\\\"\"\".\"\"\"",
    ] { #expect(sdl.contains(part), "\(part)") }
    #expect(!sdl.contains("__") && !sdl.contains("scalar Int"))
  }

  @Test("a schema that contradicts itself is not made")
  func contradictions() {
    let query = GraphQLType("Query", "", .object([.init("a", "Int", "")], interfaces: []))
    #expect(throws: GraphQLSchema.Contradiction.self) { try GraphQLSchema([query, query], query: "Query") }
    #expect(throws: GraphQLSchema.Contradiction.self) { try GraphQLSchema([query], query: "None") }
    let lost = GraphQLType("Query", "", .object([.init("a", "Lost", "")], interfaces: []))
    #expect(throws: GraphQLSchema.Contradiction.self) { try GraphQLSchema([lost], query: "Query") }
  }
}
