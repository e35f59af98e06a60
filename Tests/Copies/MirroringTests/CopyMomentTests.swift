import Foundation
import GitValues
import SystemPackage
import Testing

@testable import Mirroring

/// What a copy was at a moment, worked out from made-up journals.
@Suite struct CopyMomentTests {
  private static func oid(_ digit: Int) -> ObjectID {
    ObjectID(String(repeating: "\(digit)", count: 40))!
  }

  /// Returns a ref's oid by a digit; 0 for none.
  private static func change(_ name: String, _ old: Int, _ new: Int) -> RefChange {
    RefChange(name: ReferenceName(name), old: old == 0 ? nil : oid(old), new: new == 0 ? nil : oid(new))
  }

  private static func entry(
    _ seconds: Double, _ changes: [RefChange], heads: (String, String)? = nil
  ) -> RefJournalEntry {
    RefJournalEntry(
      id: "\(seconds)", time: Date(timeIntervalSince1970: seconds), source: "s",
      oldHead: heads.flatMap { HeadLine(text: $0.0) }, newHead: heads.flatMap { HeadLine(text: $0.1) },
      packedRefsDigest: "", changes: changes)
  }

  private static func moment(
    _ seconds: Double, _ entries: [RefJournalEntry], wholeSince horizon: Double? = nil, now refs: [String: Int],
    head: String = "ref: refs/heads/a"
  ) throws -> (refs: [String: Int], head: String?, uncertain: [String]) {
    var present = RefListing()
    for (name, digit) in refs { present.append(name: ReferenceName(name), oid: oid(digit)) }
    present.sort()
    let found = try CopyMoment(
      of: "/c", at: Date(timeIntervalSince1970: seconds), entries,
      wholeSince: horizon.map { Date(timeIntervalSince1970: $0) }, present, HeadLine(text: head))
    let digits = found.refs.map { ("\($0.name)", Int(String($0.oid.hex.first ?? "0")) ?? 0) }
    return (
      Dictionary(uniqueKeysWithValues: digits), found.head.map { String(decoding: $0, as: UTF8.self) },
      found.uncertain.map { "\($0)" }
    )
  }

  private static let story = [
    entry(
      10, [change("refs/heads/a", 0, 1), change("refs/heads/b", 0, 1)],
      heads: ("ref: refs/heads/x", "ref: refs/heads/a")),
    entry(20, [change("refs/heads/a", 1, 2)]),
    entry(
      30, [change("refs/heads/b", 1, 0), change("refs/heads/b/c", 0, 3)],
      heads: ("ref: refs/heads/a", "ref: refs/heads/b/c")),
    entry(40, [change("refs/heads/a", 2, 4)]),
  ]

  @Test(
    "each moment of a history",
    arguments: [
      (10.0, ["refs/heads/a": 1, "refs/heads/b": 1], "ref: refs/heads/a"),
      (19.999, ["refs/heads/a": 1, "refs/heads/b": 1], "ref: refs/heads/a"),
      (20, ["refs/heads/a": 2, "refs/heads/b": 1], "ref: refs/heads/a"),
      (35, ["refs/heads/a": 2, "refs/heads/b/c": 3], "ref: refs/heads/b/c"),
      (99, ["refs/heads/a": 4, "refs/heads/b/c": 3], "ref: refs/heads/b/c"),
    ])
  func moments(seconds: Double, refs: [String: Int], head: String) throws {
    let found = try Self.moment(
      seconds, Self.story, now: ["refs/heads/a": 4, "refs/heads/b/c": 3], head: "ref: refs/heads/b/c")
    #expect(found.refs == refs && found.head == head && found.uncertain == [])
  }

  @Test("before its first entry there is no answer")
  func before() {
    let error = #expect(throws: MirrorError.self) { try Self.moment(9.9, Self.story, now: [:]) }
    #expect(error?.code == .momentUnknown)
    #expect(throws: MirrorError.self) { try Self.moment(9.9, [], now: [:]) }
  }

  @Test("of a trimmed journal only what is behind its horizon is returned, and what is left before it proves nothing")
  func horizon() throws {
    // The entry of 20 is gone: between 10 and 30 the history has no entry.
    let entries = [Self.story[0], Self.story[2], Self.story[3]]
    let present = ["refs/heads/a": 4, "refs/heads/b/c": 3]
    for seconds in [10.0, 15, 24.9] {
      let error = #expect(throws: MirrorError.self) { try Self.moment(seconds, entries, wholeSince: 25, now: present) }
      #expect(error?.code == .momentUnknown)
    }
    let before = try Self.moment(27, entries, wholeSince: 25, now: present, head: "ref: refs/heads/b/c")
    #expect(before.refs == ["refs/heads/a": 2, "refs/heads/b": 1] && before.uncertain == [])
    #expect(before.head == "ref: refs/heads/a")
    let after = try Self.moment(35, entries, wholeSince: 25, now: present, head: "ref: refs/heads/b/c")
    #expect(after.refs == ["refs/heads/a": 2, "refs/heads/b/c": 3] && after.uncertain == [])
    #expect(try Self.moment(99, [], wholeSince: 25, now: ["refs/heads/a": 4]).refs == ["refs/heads/a": 4])
  }

  @Test("where the clock was set back, the order of what happened counts")
  func clock() throws {
    let entries = [
      Self.entry(100, [Self.change("refs/heads/a", 0, 1)]), Self.entry(200, [Self.change("refs/heads/a", 1, 2)]),
      Self.entry(150, [Self.change("refs/heads/a", 2, 3)]), Self.entry(160, [Self.change("refs/heads/a", 3, 4)]),
    ]
    for (seconds, digit) in [(120.0, 1), (155, 3), (170, 4), (250, 4)] {
      #expect(try Self.moment(seconds, entries, now: ["refs/heads/a": 4]).refs == ["refs/heads/a": digit])
    }
  }

  @Test("a change by another writer, or a lost line, makes just that ref uncertain, and only across the gap")
  func gap() throws {
    let entries = [
      Self.entry(10, [Self.change("refs/heads/a", 0, 1), Self.change("refs/heads/b", 0, 1)]),
      Self.entry(30, [Self.change("refs/heads/a", 2, 3)]),
    ]
    let across = try Self.moment(20, entries, now: ["refs/heads/a": 3, "refs/heads/b": 1])
    #expect(across.refs == ["refs/heads/a": 2, "refs/heads/b": 1] && across.uncertain == ["refs/heads/a"])
    #expect(try Self.moment(30, entries, now: ["refs/heads/a": 3, "refs/heads/b": 1]).uncertain == [])
    #expect(try Self.moment(30, entries, now: ["refs/heads/a": 4, "refs/heads/b": 1]).uncertain == ["refs/heads/a"])
  }
}
