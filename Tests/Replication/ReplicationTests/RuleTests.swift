import Replication
import TestSupport
import Testing

@Suite("Rules")
struct RuleTests {
  /// Removed in the last day, present, allowed.
  @Test(
    "three or five of a hundred in a day, and never all",
    arguments: [
      (0, 1, false), (0, 2, true), (1, 1, false), (2, 2, true), (3, 1, false), (2, 10, true), (3, 10, false),
      (3, 76, false), (3, 77, true), (4, 76, false), (49, 951, true), (50, 950, false), (0, 1_000_000, true),
    ])
  func removals(removed: Int, present: Int, isAllowed: Bool) {
    #expect(RemovalGuard.allows(removedLastDay: removed, present: present) == isAllowed)
  }

  @Test("percentiles are values that occurred, and no lag is negative")
  func lag() throws {
    #expect(ReplicationLag(of: [Duration]()) == nil)
    let one = try #require(ReplicationLag(of: [.seconds(3)]))
    #expect(one.median == .seconds(3) && one.percentile95 == .seconds(3) && one.longest == .seconds(3))
    let hundred = try #require(ReplicationLag(of: (1...100).reversed().map { .seconds($0) }))
    #expect(hundred.median == .seconds(50) && hundred.percentile95 == .seconds(95) && hundred.longest == .seconds(100))
    let jumped = try #require(ReplicationLag(of: [.seconds(-86_400), .zero]))
    #expect(jumped.longest == .zero)
    #expect(ReplicationLag.between(announced: Sample.start, verified: Sample.start - .seconds(86_400)) == .zero)
    #expect(ReplicationLag.between(announced: Sample.start, verified: Sample.start + .seconds(4)) == .seconds(4))
  }

  @Test("entries lag since the first announcement that no verification has seen")
  func entryLag() throws {
    var (entry, _, ticket) = try EntryStanding.verifying.make()
    #expect(entry.succeedVerification(try #require(ticket), Sample.checksum(1), at: Sample.start) == true)
    for second in [5, 9] {
      let moment = Sample.start + .seconds(second)
      _ = entry.announce(Sample.generation(UInt64(10 + second)), incarnation: nil, at: moment)
    }
    let now = Sample.start + .seconds(20)
    #expect(entry.lag(at: now) == .seconds(15))
    // A new entry is made when the event is consumed, and lags since that was published.
    var new = RegistryEntry(id: 2, replicableID: try Sample.id("b"), createdAt: Sample.start + .seconds(8))
    #expect(new.lag(at: now) == .seconds(12))
    _ = new.announce(Sample.generation(1), incarnation: nil, at: Sample.start)
    #expect(new.lag(at: now) == .seconds(20))
    let verified = try EntryStanding.verified.make().entry
    let summary = try #require(ReplicationLag(of: [entry, verified], at: now))
    #expect(summary.median == .zero && summary.longest == .seconds(15))
  }

  @Test(
    "globs",
    arguments: [
      ("**", "a", true), ("**", "a/b/c", true), ("*", "a", true), ("*", "a/b", false), ("a", "a", true),
      ("a", "ab", false), ("a*", "abc", true), ("*c", "abc", true), ("a*c", "ac", true), ("a*c", "abd", false),
      ("a?c", "abc", true), ("a?c", "ac", false), ("a?c", "a/c", false), ("?", "\u{e9}", true), ("??", "\u{e9}", false),
      ("*\u{e9}", "caf\u{e9}", true), ("tmp/**", "tmp/a/b", true), ("tmp/**", "tmp", false),
      ("tmp/**", "tmpx/a", false),
      ("**/wiki", "wiki", true), ("**/wiki", "a/b/wiki", true), ("**/wiki", "a/wikis", false), ("a/**/b", "a/b", true),
      ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/x/y/c", false), ("**/a/**/b/**", "x/a/y/b/z", true),
      ("**/a/**/b/**", "x/a/y/b", false), ("**/**", "a", true), ("a/**/**", "a/b", true), ("a/**/**", "a", false),
      ("a.b", "axb", false), ("[a]", "a", false), ("*.git", "x.wiki", false), ("a*b*c", "aXbYbZc", true),
      ("**/x/*", "x/x/y", true), ("**/x/y", "x/x/y", true),
    ])
  func globs(pattern: String, id: String, matches: Bool) throws {
    #expect(try Glob(pattern).matches(try Sample.id(id)) == matches)
  }

  @Test("globs that cannot be are refused", arguments: ["", "a//b", "/a", "a/", "a**", "**a", "x/***/y"])
  func refusedGlobs(pattern: String) {
    #expect(throws: ReplicationError.self) { try Glob(pattern) }
    #expect(throws: ReplicationError.self) { try SelectiveSync(exclude: [pattern]) }
  }

  @Test("the worst pattern ends: its time grows with pattern times id, and not with their powers")
  func hostileGlob() throws {
    let name = String(repeating: "a", count: 250)
    #expect(try !Glob(String(repeating: "*a", count: 120) + "b").matches(path: name))
    let path = Array(repeating: "a", count: 500).joined(separator: "/")
    let pattern = Array(repeating: "**/a", count: 200).joined(separator: "/") + "/b"
    #expect(try !Glob(pattern).matches(path: path))
  }

  @Test("globs agree with a matcher that tries everything, on random patterns")
  func globOracle() throws {
    var generator = SeededGenerator(seed: 17)
    let pieces = ["a", "b", "*", "?", "ab", "*a"]
    for _ in 0..<20_000 {
      func parts(_ choices: [String], _ most: Int) -> [String] {
        (0..<Int.random(in: 1...most, using: &generator)).map { _ in choices.randomElement(using: &generator) ?? "a" }
      }
      let pattern = parts(pieces + ["**", "**"], 5)
      let path = parts(["a", "b", "ab", "ba", "aab"], 5)
      let matches = try Glob(pattern.joined(separator: "/")).matches(path: path.joined(separator: "/"))
      #expect(matches == Self.tries(pattern[...], path[...]), "\(pattern) \(path)")
    }
  }

  private static func tries(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == "**" {
      // At the end it is below something, not the thing itself.
      if pattern.allSatisfy({ $0 == "**" }) { return !path.isEmpty }
      return path.indices.contains { tries(pattern.dropFirst(), path[$0...]) }
    }
    guard let part = path.first, tries(Array(first)[...], Array(part)[...]) else { return false }
    return tries(pattern.dropFirst(), path.dropFirst())
  }

  private static func tries(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == "*" {
      return (name.startIndex...name.endIndex).contains { tries(pattern.dropFirst(), name[$0...]) }
    }
    guard let character = name.first, first == "?" || first == character else { return false }
    return tries(pattern.dropFirst(), name.dropFirst())
  }

  @Test("carried is what an include matches and no exclude")
  func selection() throws {
    let rule = try SelectiveSync(include: ["group/**", "one"], exclude: ["group/tmp/**"])
    #expect(rule.selects(try Sample.id("group/a")))
    #expect(rule.selects(try Sample.id("one")))
    #expect(!rule.selects(try Sample.id("two")))
    #expect(!rule.selects(try Sample.id("group/tmp/a")))
    #expect(SelectiveSync.everything.selects(try Sample.id("a/b/c")))
    #expect(try !SelectiveSync(include: []).selects(try Sample.id("a")))
    #expect(try SelectiveSync() == .everything)
  }
}
