import Git
import GitValues
import Testing

@Suite("object parsers")
struct ParserTests {
  private static let a = String(repeating: "a", count: 40)
  private static let b = String(repeating: "b", count: 40)
  private static let upper = String(repeating: "B", count: 40)

  private func commit(_ text: String) throws -> (tree: String, parents: [String]) {
    try Array(text.utf8).withUnsafeBytes { bytes in
      let commit = try CommitParser(bytes)
      var parents: [String] = []
      commit.forEachParent { parents.append($0.hex) }
      return (commit.tree.hex, parents)
    }
  }

  @Test(
    "a commit's tree and parents",
    arguments: [
      ("tree \(a)\nauthor x\n", []), ("tree \(a)\nparent \(b)\nauthor x\n", [b]),
      ("tree \(a)\nparent \(upper)\nparent \(a)\ncommitter y\n\nparent \(b)\n", [b, a]), ("tree \(a)\n", []),
    ])
  func commits(text: String, parents: [String]) throws {
    let parsed = try commit(text)
    #expect(parsed.tree == Self.a)
    #expect(parsed.parents == parents)
  }

  @Test(
    "a damaged commit is malformed",
    arguments: [
      "", "tree", "tree \(a)", "Tree \(a)\n", "tree \(a) \n", "tree \(a.dropLast())\n", "tree \(a.dropLast())g\n",
      "parent \(a)\ntree \(a)\n", "tree \(a)\nparent \(b)", "tree \(a)\nparent \(b)x\n", "tree \(a)\nparent xyz\n",
      "tree \(a)\nparent \n",
    ])
  func damagedCommits(text: String) throws {
    #expect(try code { _ = try commit(text) } == .malformed)
  }

  private func entries(_ bytes: [UInt8]) throws -> [String] {
    try bytes.withUnsafeBytes { bytes in
      var parser = TreeParser(bytes)
      var entries: [String] = []
      while let entry = try parser.next() {
        let type = entry.type.map { "\($0)" } ?? "gitlink"
        entries.append("\(type) \(String(decoding: entry.name, as: UTF8.self)) \(entry.oid.hex.prefix(2))")
      }
      return entries
    }
  }

  private static func entry(_ text: String, _ byte: UInt8 = 0xAA, count: Int = 20) -> [UInt8] {
    Array(text.utf8) + [0] + [UInt8](repeating: byte, count: count)
  }

  @Test(
    "a tree's entries by the type that their mode says",
    arguments: [
      ([], []), (entry("100644 file"), ["blob file aa"]), (entry("100755 x"), ["blob x aa"]),
      (entry("120000 link"), ["blob link aa"]), (entry("40000 dir"), ["tree dir aa"]),
      (entry("040000 dir"), ["tree dir aa"]), (entry("160000 module"), ["gitlink module aa"]),
      (entry("100664 old"), ["blob old aa"]), (entry("100644 with space"), ["blob with space aa"]),
      (entry("100644 a", 1) + entry("40000 b", 2), ["blob a 01", "tree b 02"]),
    ] as [([UInt8], [String])])
  func trees(bytes: [UInt8], expected: [String]) throws {
    #expect(try entries(bytes) == expected)
  }

  @Test(
    "a damaged tree is malformed",
    arguments: [
      entry("100644 file", count: 19), entry("100644 file") + [0x31], Array("100644 file".utf8), entry("100644 "),
      entry(" file"), entry("100648 file"), entry("100644file"), entry("1006440000 file"), Array("100644".utf8),
      entry("100644 a") + entry("100644 b", count: 3), [0], [0xFF, 0xFF],
    ])
  func damagedTrees(bytes: [UInt8]) throws {
    #expect(try code { _ = try entries(bytes) } == .malformed)
  }

  @Test(
    "a tag's target", arguments: [("commit", ObjectType.commit), ("tree", .tree), ("blob", .blob), ("tag", .tag)])
  func tags(name: String, type: ObjectType) throws {
    try Array("object \(Self.a)\ntype \(name)\ntag v1\n".utf8).withUnsafeBytes { bytes in
      let tag = try TagParser(bytes)
      #expect(tag.target.hex == Self.a)
      #expect(tag.targetType == type)
    }
  }

  @Test(
    "a damaged tag is malformed",
    arguments: [
      "", "object \(a)\n", "object \(a)\ntype commit\n", "object \(a)\ntype commits\ntag v\n",
      "object \(a)\ntype \ntag v\n", "object xyz\ntype commit\ntag v\n", "type commit\nobject \(a)\ntag v\n",
      "object \(a)\ntype commit", "object \(a)\r\ntype commit\ntag v\n",
    ])
  func damagedTags(text: String) throws {
    #expect(try code { try Array(text.utf8).withUnsafeBytes { _ = try TagParser($0) } } == .malformed)
  }

  @Test("any bytes are read to an end or refused", arguments: 0..<200 as Range<UInt64>)
  func anyBytes(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var bytes = Self.entry("100644 a") + Self.entry("40000 b") + Array("tree \(Self.a)\nparent \(Self.b)\n".utf8)
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
    }
    bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
    let treeCode = try code { _ = try entries(bytes) }
    #expect([nil, .malformed].contains(treeCode))
    let commitCode = try code { _ = try bytes.withUnsafeBytes { try CommitParser($0) } }
    #expect([nil, .malformed].contains(commitCode))
  }
}
