import GitValues
import TestSupport
import Testing

@Suite("Ref listings")
struct RefListingTests {
  private static func oid(_ number: Int) -> ObjectID {
    let digits = String(number + 1, radix: 16)
    guard let oid = ObjectID(String(repeating: "0", count: 40 - digits.count) + digits) else { return .zero }
    return oid
  }

  private static func entry(_ name: String, _ number: Int, peeled: Int? = nil) -> RefListing.Entry {
    RefListing.Entry(name: ReferenceName(name), oid: oid(number), peeled: peeled.map(oid))
  }

  @Test("entries in any order come out in bytewise order, with their oids and peeled values")
  func sorts() {
    let names = ["refs/heads/a", "refs/heads/a-b", "refs/heads/a/b", "refs/heads/b", "refs/tags/v1", "refs/tags/é"]
    let entries = names.enumerated().map { Self.entry($1, $0, peeled: $0 == 4 ? 40 : nil) }
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      let listing = RefListing(entries.shuffled(using: &generator))
      #expect(listing.map(\.name.description) == names)
      #expect(Array(listing) == entries)
      #expect(listing.peeled(at: 4) == Self.oid(40))
      #expect(listing.peeled(at: 3) == nil)
    }
  }

  @Test("of several refs with one name the last one stays", arguments: [2, 3, 5])
  func duplicates(times: Int) {
    var entries = (0..<times).map { Self.entry("refs/heads/twice", $0) }
    entries.insert(Self.entry("refs/heads/z", 90), at: 1)
    entries.append(Self.entry("refs/heads/a", 91))
    let listing = RefListing(entries)
    #expect(listing.map(\.name.description) == ["refs/heads/a", "refs/heads/twice", "refs/heads/z"])
    #expect(listing.oid(of: ReferenceName("refs/heads/twice")) == Self.oid(times - 1))
  }

  @Test("two equal names in a row, and nothing else out of order, are one ref too")
  func adjacentDuplicates() {
    var listing = RefListing()
    listing.append(name: ReferenceName("refs/heads/a"), oid: Self.oid(1))
    listing.append(name: ReferenceName("refs/heads/a"), oid: Self.oid(2))
    listing.sort()
    #expect(listing.count == 1)
    #expect(listing.oid(at: 0) == Self.oid(2))
  }

  @Test("a ref is found by its name, and a name that is not there is not")
  func finds() {
    let names = (0..<100).map { "refs/heads/branch-\($0)" }
    let listing = RefListing(names.enumerated().map { Self.entry($1, $0) })
    for (number, name) in names.enumerated() { #expect(listing.oid(of: ReferenceName(name)) == Self.oid(number)) }
    for name in ["", "refs/", "refs/heads/branch-", "refs/heads/branch-100", "refs/heads/branch-99x", "zzz"] {
      #expect(listing.index(of: ReferenceName(name)) == nil)
    }
    #expect(RefListing().index(of: ReferenceName("refs/heads/main")) == nil)
  }

  @Test("listings are equal by names and oids; peeled values do not count")
  func equality() {
    let plain = RefListing([Self.entry("refs/tags/a", 1), Self.entry("refs/tags/b", 2)])
    #expect(plain == RefListing([Self.entry("refs/tags/b", 2), Self.entry("refs/tags/a", 1, peeled: 9)]))
    #expect(plain != RefListing([Self.entry("refs/tags/a", 1), Self.entry("refs/tags/b", 3)]))
    #expect(plain != RefListing([Self.entry("refs/tags/a", 1), Self.entry("refs/tags/c", 2)]))
    #expect(plain != RefListing([Self.entry("refs/tags/a", 1)]))
    // The same bytes, cut at another place.
    let first = RefListing([Self.entry("refs/a", 1), Self.entry("refs/bc", 2)])
    #expect(first != RefListing([Self.entry("refs/ab", 1), Self.entry("refs/c", 2)]))
  }

  @Test("a million refs that arrive in order are held and found")
  func million() {
    var listing = RefListing()
    listing.reserveCapacity(refs: 1_000_000, nameBytes: 24_000_000)
    var name = Array("refs/heads/0000000".utf8)
    let first = name.count - 7
    for number in 0..<1_000_000 {
      var rest = number
      for position in stride(from: name.count - 1, through: first, by: -1) {
        name[position] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      name.withUnsafeBytes { listing.append(name: $0, oid: Self.oids[number & 255]) }
    }
    listing.sort()
    #expect(listing.count == 1_000_000)
    #expect(listing.index(of: ReferenceName("refs/heads/0765432")) == 765_432)
    #expect(listing.oid(of: ReferenceName("refs/heads/0999999")) == Self.oids[999_999 & 255])
    #expect(listing.index(of: ReferenceName("refs/heads/1000000")) == nil)
  }

  private static let oids = (0..<256).map(oid)

  @Test("names are taken out wherever they stand, and names that are not listed change nothing")
  func without() {
    let names = ["refs/heads/a", "refs/heads/a-b", "refs/heads/a/b", "refs/heads/b", "refs/tags/v1", "refs/tags/é"]
    let listing = RefListing(names.enumerated().map { Self.entry($1, $0) })
    for mask in 0..<(1 << names.count) {
      let taken = names.indices.filter { mask & (1 << $0) != 0 }.map { names[$0] }
      let others = ["refs/a", "refs/heads/a.", "refs/z"]
      let rest = listing.without((taken + others).map { ReferenceName($0) }.sorted())
      #expect(rest.map(\.name.description) == names.filter { !taken.contains($0) })
      #expect(rest.allSatisfy { listing.oid(of: $0.name) == $0.oid })
    }
  }

  @Test("names compare bytewise, long common beginnings and bytes above 127 included")
  func comparesBytewise() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<2_000 {
      let common = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let left =
        common
        + (0..<Int.random(in: 0...10, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let right =
        common
        + (0..<Int.random(in: 0...10, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let comparison = left.withUnsafeBytes { here in right.withUnsafeBytes { RefListing.compare(here, $0) } }
      #expect((comparison < 0) == left.lexicographicallyPrecedes(right))
      #expect((comparison == 0) == (left == right))
    }
  }
}
