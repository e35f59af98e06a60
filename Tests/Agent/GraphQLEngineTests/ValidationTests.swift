import GraphQLEngine
import Testing

@Suite("GraphQL validation")
struct ValidationTests {
  @Test(
    "what the specification forbids is refused with a place, and nothing of it is executed",
    arguments: [
      ("{ nothing }", "no field 'nothing'"), ("{ book { title } }", "needs its argument 'title'"),
      ("{ book(title: 1) { title } }", "no 'String'"), ("{ book(title: null) { title } }", "null is given"),
      ("{ book(title: \"a\") }", "say which"), ("{ broken { x } }", "has no fields"),
      ("{ book(title: \"a\", x: 1) { title } }", "no argument 'x'"),
      ("{ book(title: \"a\", title: \"b\") { title } }", "stands twice"),
      ("{ books(genre: \"PROSE\") { title } }", "none of 'Genre'"),
      ("{ books(genre: NONE) { title } }", "none of 'Genre'"),
      ("{ echo(filter: {genre: PROSE, more: 1}) }", "no field 'more'"), ("{ echo(filter: {}) }", "needs its field"),
      ("{ echo(filter: {genre: PROSE, genre: VERSE}) }", "twice"),
      ("{ ...F }", "no fragment 'F'"), ("{ broken } fragment F on Book { title }", "not used"),
      ("{ ...F } fragment F on Query { broken } fragment F on Query { broken }", "two fragments"),
      ("{ ...F } fragment F on Genre { x }", "cannot be on 'Genre'"), ("{ ... on Time { x } }", "cannot be on"),
      ("{ ... on Book { title } }", "never a 'Book'"),
      ("{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }", "contains itself"),
      ("{ broken @nothing }", "no directive"), ("{ broken @skip }", "needs its argument 'if'"),
      ("{ broken @skip(if: true) @skip(if: true) }", "stands twice"),
      ("query @skip(if: true) { broken }", "cannot stand"),
      ("query($a: Int) { broken }", "not used"), ("{ books(first: $a) { title } }", "not defined"),
      ("query($a: Int, $a: Int) { books(first: $a) { title } }", "two variables"),
      ("query($a: Book) { broken }", "cannot be of the type"),
      ("query($a: String) { books(first: $a) { title } }", "is used as"),
      ("query($a: String) { book(title: $a) { title } }", "is used as"),
      ("query($a: Int = \"x\") { books(first: $a) { title } }", "no 'Int'"),
      ("query A { broken } query A { broken }", "two operations"), ("{ broken } query A { broken }", "alone"),
      ("fragment F on Book { title }", "no operation"), ("type X { a: Int }", "defines a type"),
      ("{ x: broken x: never }", "two things"),
      ("{ book(title: \"a\") { title } book(title: \"b\") { title } }", "arguments differ"),
      (
        "{ any { ... on Book { x: title } ... on Shelf { x: __typename } } any { ... on Book { x: pages } } }",
        "two things"
      ),
      ("{ any { ... on Book { x: pages } ... on Shelf { x: place } } }", "two things"),
      ("{", "the end"), ("", "the end"), ("{ a(b: ) }", "a value"), ("{ a(b: 01) }", "malformed"),
      ("{ a(b: 1.) }", "malformed"),
      ("{ a(b: 99999999999999999999) }", "too large"), ("{ a(b: \"x) }", "no end"), ("{ a(b: \"\\q\") }", "escape"),
      ("{ a(b: \"\\ud800\") }", "escape"), ("{ a(b: \"\\u{110000}\") }", "escape"), ("{ a(b: \"\\u{+1}\") }", "escape"),
      ("{ a(b: \"\\u{41\") }", "escape"), ("{ a(b: \"\\u{}\") }", "escape"), ("{ a(b: \"\u{1}\") }", "means nothing"),
      ("{ a(b: \"\"\"\u{1}\"\"\") }", "means nothing"), ("# \u{1}", "means nothing"), ("{ ? }", "means nothing"),
      ("{ .. }", "means nothing"),
      ("{ a } }", "an operation"),
    ])
  func refused(query: String, words: String) async throws {
    let answer = try await Library.answer(query)
    #expect(answer.contains(words) && !answer.contains("\"data\""), "\(query): \(answer)")
    #expect(answer.contains("\"line\":1"), "\(query): \(answer)")
  }

  @Test("bytes that are no UTF-8 are found where they are")
  func encoding() throws {
    let error = #expect(throws: GraphQLError.self) { try GraphQLDocument.parse(Array("{ a\n é".utf8) + [0xff]) }
    #expect(error?.locations.map(\.line) == [2] && error?.locations.map(\.column) == [4])
  }

  @Test("fields of different objects may have one name where nothing is both")
  func exclusive() async throws {
    let answer = try await Library.answer("{ any { ... on Book { x: title } ... on Shelf { x: place } } }")
    #expect(answer == #"{"data":{"any":{"x":"b"}}}"#)
  }

  @Test("what asks for too much is refused, and soon")
  func limits() async throws {
    func refused(_ query: String, _ words: String) async throws {
      let answer = try await Library.answer(query)
      #expect(answer.contains(words) && !answer.contains("\"data\""), "\(query.prefix(60)): \(answer.prefix(200))")
    }
    func deep(_ count: Int, _ open: String, _ inside: String, _ close: String) -> String {
      String(repeating: open, count: count) + inside + String(repeating: close, count: count)
    }
    try await refused(String(repeating: "{a", count: 30_000), "deep")
    try await refused("{ a(b: \(String(repeating: "[", count: 60_000))", "deep")
    try await refused("query($a: \(String(repeating: "[", count: 60_000))", "deep")
    try await refused(String(repeating: " ", count: 70_000), "bytes")
    try await refused("{ \(String(repeating: "broken ", count: 9_000)) }", "words")
    try await refused("{ book(title: \"a\") { \(deep(20, "next { ", "title", " }")) } }", "deep")
    try await refused("{ \((0..<2_500).map { "a\($0): broken" }.joined(separator: " ")) }", "2000 are the most")
    try await refused("{ books(first: 300000) { title } }", "200000 are the most")
    try await refused("query { \((0..<2_500).map { _ in "broken" }.joined(separator: " ")) }", "too many fields")
    // Twenty fragments that stand for a million fields.
    var bombs = "{ book(title: \"a\") { ...F0 } }"
    for index in 0..<20 {
      bombs += " fragment F\(index) on Book { a: next { ...F\(index + 1) } b: next { ...F\(index + 1) } }"
    }
    try await refused(bombs + " fragment F20 on Book { title }", "too many fields")
    // The same through selections that must be one.
    var merged = "{ book(title: \"a\") { ...G0 } }"
    for index in 0..<12 {
      let next = "next { ...G\(index + 1) }"
      merged += " fragment G\(index) on Book { \(next) \(next) \(next) \(next) }"
    }
    try await refused(merged + " fragment G12 on Book { title }", "too many fields")
  }

  @Test("documents that were damaged at random never do more than be refused")
  func mutations() async throws {
    let seed =
      "query Q($f: Filter = {genre: PROSE}) { a: echo(filter: $f) @skip(if: false) ...F } "
      + "fragment F on Query { books(first: 2) { title ... on Named { title } next { pages } } }"
    var random = SystemRandomNumberGenerator()
    let words = Array("{}()[]:$@!\"\\.#,&|=01eE\n é".utf8)
    for _ in 0..<3_000 {
      var bytes = Array(seed.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = words.randomElement(using: &random) ?? 0
        case 1: bytes.remove(at: index)
        default: bytes.insert(words.randomElement(using: &random) ?? 0, at: index)
        }
      }
      do { _ = try GraphQLDocument.parse(bytes) } catch { #expect(!error.message.isEmpty) }
      let answer = try await Library.answer(String(decoding: bytes, as: UTF8.self))
      #expect(answer.contains("\"data\"") || answer.contains("\"errors\""))
    }
  }
}
