import GitValues
import RefStore
import Testing

@Suite("Exclusion rules")
struct RefExclusionTests {
  static let table: [(rule: String, excluded: [String], kept: [String])] = [
    (
      "refs/pull", ["refs/pull", "refs/pull/1/head", "refs/pull/x"],
      ["refs/pulls", "refs/pulls/1", "refs/heads/refs/pull/1", "refs/pul"]
    ),
    ("refs/pull/", ["refs/pull/1", "refs/pull/1/head"], ["refs/pull", "refs/pulls/1"]),
    ("refs/pull/*", ["refs/pull/1", "refs/pull/1/head"], ["refs/pull", "refs/heads/pull/1"]),
    ("refs/*/tmp", ["refs/heads/tmp", "refs/heads/a/tmp"], ["refs/heads/tmp2", "refs/tmp", "refs/heads/tmp/x"]),
    ("refs/heads/v?", ["refs/heads/v1", "refs/heads/v/"], ["refs/heads/v", "refs/heads/v12"]),
    ("*", ["refs/heads/main", "refs/x"], []),
    ("*/head", ["refs/pull/1/head", "refs/head"], ["refs/heads/main", "refs/pull/1/heads"]),
    ("refs/*a*b*c", ["refs/abc", "refs/xaxbxc", "refs/aabbcc"], ["refs/acb", "refs/abcd", "refs/ab"]),
    ("refs/heads/a**b", ["refs/heads/ab", "refs/heads/a/b"], ["refs/heads/a"]),
    ("refs/heads/é", ["refs/heads/é", "refs/heads/é/x"], ["refs/heads/e", "refs/heads/e\u{301}"]),
  ]

  @Test("a rule leaves out what it says and nothing else", arguments: table)
  func matches(rule: String, excluded: [String], kept: [String]) {
    let exclusion = RefExclusion([rule])
    for name in excluded { #expect(Array(name.utf8).withUnsafeBytes { exclusion.excludes($0) }, "\(name)") }
    for name in kept { #expect(!Array(name.utf8).withUnsafeBytes { exclusion.excludes($0) }, "\(name)") }
  }

  @Test("several rules leave out what any of them does; a listing keeps the rest with oids and peeled values")
  func applied() throws {
    let oid = try #require(ObjectID("0123456789abcdef0123456789abcdef01234567"))
    let names = ["refs/heads/main", "refs/heads/tmp/1", "refs/pull/1/head", "refs/tags/v1"]
    let refs = RefListing(names.map { .init(name: ReferenceName($0), oid: oid, peeled: oid) })
    let kept = RefExclusion(["refs/pull", "refs/heads/tmp/*"]).applied(to: refs)
    #expect(kept.map(\.name.description) == ["refs/heads/main", "refs/tags/v1"])
    #expect(kept.peeled(at: 1) == oid)
    #expect(RefExclusion.none.applied(to: refs) == refs)
    #expect(RefExclusion.none.isEmpty)
  }

  @Test("a rule of many stars ends in reasonable time")
  func manyStars() {
    let rule = "refs/" + String(repeating: "a*", count: 50) + "b"
    let name = Array(("refs/" + String(repeating: "a", count: 4_000)).utf8)
    #expect(!name.withUnsafeBytes { RefExclusion([rule]).excludes($0) })
  }
}
