import Replication
import TestSupport
import Testing

@Suite("The bracket")
struct StableComparisonTests {
  private func listing(_ lines: [String: String], unknown: Set<String> = []) -> ContentListing {
    var listing = ContentListing()
    for (name, value) in lines.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      listing.append(name: name.utf8, value: value.utf8)
    }
    listing.unknownNames = unknown
    return listing
  }

  private func wrong(_ expected: String?, _ found: String?) -> ComparisonJudgement {
    .mismatched([Difference(name: "a", expected: expected, found: found)])
  }

  /// Of one ref: before, in the copy, after; "-" is no such line.
  @Test(
    "one ref in every way",
    arguments: [
      ("1", "1", "1", "succeeded"), ("1", "1", "2", "succeeded"), ("1", "2", "2", "succeeded"),
      ("1", "2", "3", "moved"), ("1", "2", "1", "1/2"), ("1", "-", "1", "1/-"), ("-", "1", "-", "-/1"),
      ("-", "-", "1", "succeeded"), ("1", "-", "-", "succeeded"), ("-", "1", "1", "succeeded"),
      ("-", "2", "1", "moved"),
      ("1", "2", "-", "moved"), ("1", "-", "2", "moved"), ("-", "-", "-", "succeeded"),
    ])
  func oneRef(before: String, copy: String, after: String, expected: String) {
    func make(_ value: String) -> ContentListing { listing(value == "-" ? [:] : ["a": value]) }
    let judgement = StableComparison.judge(before: make(before), copy: make(copy), after: make(after))
    let parts = expected.split(separator: "/").map { $0 == "-" ? nil : String($0) }
    switch expected {
    case "succeeded": #expect(judgement == .succeeded)
    case "moved": #expect(judgement == .moved)
    default: #expect(judgement == wrong(parts[0], parts[1]))
    }
  }

  @Test("a copy with some refs of before and some of after is right")
  func mixed() {
    let judgement = StableComparison.judge(
      before: listing(["a": "1", "b": "1", "c": "1"]), copy: listing(["a": "2", "b": "1", "c": "1"]),
      after: listing(["a": "2", "b": "2", "c": "1"]))
    #expect(judgement == .succeeded)
  }

  @Test("what is wrong is reported although others moved")
  func wrongAndMoved() {
    let judgement = StableComparison.judge(
      before: listing(["a": "1", "b": "1"]), copy: listing(["a": "9", "b": "9"]), after: listing(["a": "1", "b": "2"]))
    #expect(judgement == wrong("1", "9"))
  }

  @Test("a name that one of the listings could not resolve is left out", arguments: 0..<3)
  func unknown(side: Int) {
    func names(_ index: Int) -> Set<String> { index == side ? ["a", "x", "z"] : [] }
    let judgement = StableComparison.judge(
      before: listing(["a": "1", "b": "1"], unknown: names(0)), copy: listing(["b": "1", "z": "3"], unknown: names(1)),
      after: listing(["a": "1", "b": "1"], unknown: names(2)))
    #expect(judgement == .succeeded)
  }

  @Test("no more than the first thousand differences are kept, in order")
  func bound() {
    var copy = ContentListing()
    for index in 0..<5_000 { copy.append(name: "refs/\(10_000 + index)".utf8, value: "1".utf8) }
    guard
      case .mismatched(let differences) = StableComparison.judge(before: listing([:]), copy: copy, after: listing([:]))
    else {
      Issue.record("no mismatch")
      return
    }
    #expect(differences.count == 1_000)
    #expect(differences.last?.name == "refs/10999")
  }

  @Test("names that are no text are distinguished")
  func bytes() {
    var one = ContentListing()
    one.append(name: [0x72, 0xff], value: [1])
    var other = ContentListing()
    other.append(name: [0x72, 0xfe], value: [1])
    guard case .mismatched(let differences) = StableComparison.judge(before: one, copy: other, after: one) else {
      Issue.record("no mismatch")
      return
    }
    #expect(differences.count == 2)
  }

  @Test("a mismatch counts when a second bracket finds the same wrong value again")
  func repetition() {
    #expect(StableComparison.judge(wrong("1", "9"), after: wrong("1", "9")) == wrong("1", "9"))
    // The primary moved on, the copy did not.
    #expect(StableComparison.judge(wrong("2", "9"), after: wrong("1", "9")) == wrong("2", "9"))
    #expect(StableComparison.judge(wrong("1", "8"), after: wrong("1", "9")) == .moved)
    #expect(StableComparison.judge(wrong("1", nil), after: wrong("1", nil)) == wrong("1", nil))
    #expect(StableComparison.judge(wrong("1", "9"), after: .moved) == wrong("1", "9"))
    #expect(StableComparison.judge(.succeeded, after: wrong("1", "9")) == .succeeded)
    #expect(StableComparison.judge(.moved, after: wrong("1", "9")) == .moved)
    func several(_ names: String) -> ComparisonJudgement {
      .mismatched(names.map { Difference(name: String($0), expected: "1", found: "2") })
    }
    #expect(StableComparison.judge(several("bdf"), after: several("acdfg")) == several("df"))
    #expect(StableComparison.judge(several("bdf"), after: several("ace")) == .moved)
  }

  @Test("the walk agrees with a table of all names, on random listings")
  func oracle() {
    var generator = SeededGenerator(seed: 11)
    func random() -> [String: String] {
      var lines: [String: String] = [:]
      for name in ["HEAD", "a", "a/b", "a.b", "b", "\u{e9}"] where Int.random(in: 0..<4, using: &generator) > 0 {
        lines[name] = "\(Int.random(in: 0..<3, using: &generator))"
      }
      return lines
    }
    for _ in 0..<5_000 {
      let (before, copy, after) = (random(), random(), random())
      var differences: [Difference] = []
      var hasMoved = false
      for name in Set(before.keys).union(copy.keys).union(after.keys) {
        let (first, found, last) = (before[name], copy[name], after[name])
        if found == first || found == last { continue }
        if first == last {
          differences.append(Difference(name: name, expected: first, found: found))
        } else {
          hasMoved = true
        }
      }
      differences.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      let expected: ComparisonJudgement =
        differences.isEmpty ? (hasMoved ? .moved : .succeeded) : .mismatched(differences)
      let judgement = StableComparison.judge(before: listing(before), copy: listing(copy), after: listing(after))
      #expect(judgement == expected)
    }
  }
}
