import GraphQLEngine
import Testing

@Suite("GraphQL execution")
struct ExecutionTests {
  @Test(
    "a document is answered in its own order",
    arguments: [
      ("{ book(title: \"a\") { pages title } }", #"{"data":{"book":{"pages":100,"title":"a"}}}"#),
      ("{ x: book(title: \"a\") { t: title } y: __typename }", #"{"data":{"x":{"t":"a"},"y":"Query"}}"#),
      ("query Q($t: String = \"d\") { book(title: $t) { title } }", #"{"data":{"book":{"title":"d"}}}"#),
      (
        "{ books { ...F } } fragment F on Book { title next { title } }",
        #"{"data":{"books":[{"title":"b0","next":{"title":"b0+"}},{"title":"b1","next":{"title":"b1+"}}]}}"#
      ),
      (
        "{ any(shelf: true) { __typename ... on Shelf { place } ... on Book { pages } } }",
        #"{"data":{"any":{"__typename":"Shelf","place":"left"}}}"#
      ),
      ("{ any { ... on Named { title } } }", #"{"data":{"any":{"title":"b"}}}"#),
      (
        "{ book(title: \"a\") { title @skip(if: true) pages @include(if: true) } }", #"{"data":{"book":{"pages":100}}}"#
      ),
      (
        "{ book(title: \"a\") { title } book(title: \"a\") { pages } }", #"{"data":{"book":{"title":"a","pages":100}}}"#
      ),
      (
        "{ echo(filter: {genre: VERSE, tags: \"one\"}) }",
        #"{"data":{"echo":"{\"genre\":\"VERSE\",\"tags\":[\"one\"],\"limit\":7}"}}"#
      ),
      ("mutation { lend(id: 7) { title } }", #"{"data":{"lend":{"title":"7"}}}"#),
      (
        "\u{feff}# a comment\n{ book(title: \"\"\"\n  block\n    text\n\"\"\") { title } }",
        #"{"data":{"book":{"title":"block\u000a  text"}}}"#
      ),
      (#"{ book(title: "\u00e9\ud83d\ude00\u{41}\n\"") { title } }"#, #"{"data":{"book":{"title":"é😀A\u000a\""}}}"#),
    ])
  func answers(query: String, expected: String) async throws {
    #expect(try await Library.answer(query) == expected)
  }

  @Test("an error says where, and nulls go up as far as they must")
  func nulls() async throws {
    #expect(
      try await Library.answer("{ broken\n  book(title: \"a\") { title } }")
        == #"{"errors":[{"message":"trouble","locations":[{"line":1,"column":3}],"path":["broken"]}],"data":{"broken":null,"book":{"title":"a"}}}"#
    )
    #expect(try await Library.answer("{ never }").hasSuffix(#""data":null}"#))
    let answer = try await Library.answer("{ book(title: \"a\") { next { never } title } }")
    #expect(
      answer.contains(#""path":["book","next","never"]"#) && answer.hasSuffix(#"{"book":{"next":null,"title":"a"}}}"#))
    // A list of what is never null is null as a whole; here it is never null either.
    #expect(try await Library.answer("{ books { never } }").hasSuffix(#""data":null}"#))
  }

  @Test("variables are made of their types, or refused")
  func variables() async throws {
    let query = "query($f: Filter, $n: Int = 1) { echo(filter: $f) books(first: $n) { title } }"
    let good = try await Library.answer(
      query, [("f", .object([("genre", .string("PROSE"))])), ("n", .float(1))])
    #expect(good == #"{"data":{"echo":"{\"genre\":\"PROSE\",\"limit\":7}","books":[{"title":"b0"}]}}"#)
    for bad: GraphQLValue in [
      .string("x"), .object([]), .object([("genre", .string("NONE"))]),
      .object([("genre", .string("PROSE")), ("x", .null)]),
      .object([("genre", .null)]),
    ] {
      let answer = try await Library.answer(query, [("f", bad)])
      #expect(answer.contains("variable '$f'") && !answer.contains("\"data\""))
    }
    for bad: GraphQLValue in [.string("1"), .float(1.5), .int(1 << 40), .bool(true), .list([])] {
      #expect(try await Library.answer(query, [("n", bad)]).contains("variable '$n'"))
    }
    #expect(try await Library.answer("query($t: String!) { book(title: $t) { title } }").contains("needed"))
  }

  @Test("operations are chosen by name")
  func operations() async throws {
    let query = "query A { a: __typename } query B { b: __typename } mutation C { lend(id: 1) { title } }"
    #expect(try await Library.answer(query, operation: "B") == #"{"data":{"b":"Query"}}"#)
    #expect(try await Library.answer(query).contains("must say which"))
    #expect(try await Library.answer(query, operation: "D").contains("no operation 'D'"))
    // JSON writes the one before the brace as two.
    #expect(try await Library.answer(query, operation: "D\u{202e}\u{1b}").contains(#"'D\\u{202e}\\u{1b}'"#))
    #expect(try await Library.answer("subscription { x }").contains("no operations of the sort"))
  }

  @Test("requests are read from JSON, and nothing else")
  func requests() throws {
    let request = try GraphQLRequest(
      json: Array(#"{"query":"{a}","variables":{"camelCase":1.0,"b":[true,null,"x"]},"operationName":null}"#.utf8))
    #expect(request.variables["camelCase"] == .int(1))
    #expect(request.variables["b"] == .list([.bool(true), .null, .string("x")]))
    for bad in [
      "", "[]", "{}", #"{"query":1}"#, #"{"query":"","variables":[]}"#, #"{"query":"","operationName":1}"#,
      #"{"query":"{a}","query":"{b}"}"#, #"{"query":"{a}","variables":{"n":01}}"#,
      #"{"query":"{a}","variables":{"n":1e999}}"#, #"{"query":"{a}"} x"#, "{\"query\":\"\u{1}\"}",
    ] {
      #expect(throws: GraphQLError.self) { try GraphQLRequest(json: Array(bad.utf8)) }
    }
    #expect(throws: GraphQLError.self) {
      try GraphQLRequest(json: Array(String(repeating: "[", count: 100_000).utf8))
    }
    let long = #"{"query":"{a}","variables":{"\u0061":["# + String(repeating: "1,", count: 300_000) + "-2.5]}}"
    let read = try GraphQLRequest(json: Array(long.utf8))
    guard case .list(let values)? = read.variables["a"] else {
      Issue.record("the list is not there")
      return
    }
    #expect(values.count == 300_001 && values.last == .float(-2.5))
  }
}
