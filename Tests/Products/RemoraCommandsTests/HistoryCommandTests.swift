import Foundation
import GitValues
import TestSupport
import Testing

@Suite("remora history")
struct HistoryCommandTests {
  static let keys: Set<String> = ["time", "ref", "old", "new", "source"]

  @Test("lists a force-push and a deletion, newest first, and the old commits stay readable through a gc")
  func tells() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let pull = try bench.source.oid("refs/pull/1/head").hex
      let old = try bench.forcePush()
      let new = try bench.source.oid("refs/heads/main").hex
      try await bench.mirror()
      let history = try await bench.remora("history", bench.copy)
      #expect(history.isSuccess)
      let lines = history.lines.map { $0.split(separator: " ", maxSplits: 1).last.map(String.init) ?? "" }
      #expect(lines.count == 6)
      #expect(
        Set(lines.prefix(2)) == ["changed refs/heads/main \(old) -> \(new)", "deleted refs/pull/1/head \(pull) -> -"])
      #expect(lines.contains("created HEAD - -> ref: refs/heads/main"))
      #expect(lines.contains("created refs/heads/main - -> \(old)"))

      let git = GitCommand(in: bench.copy)
      try await git.run("gc", "-q", "--prune=now")
      #expect(try await git.run("log", "-1", "--format=%s", old).text == "change 2")
      #expect(try git.fsck(bench.copy) == [])
      try await bench.mirror()
      #expect(try await git.run("rev-list", "--count", old).text == "2")
    }
  }

  @Test("one ref by its full or short name, from a moment on")
  func filters() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      _ = try bench.forcePush()
      try await bench.mirror()
      for name in ["main", "refs/heads/main"] {
        let history = try await bench.remora("history", bench.copy, name, "--json")
        #expect(try history.lines.map { try JSONLine($0).text("ref") } == ["refs/heads/main", "refs/heads/main"])
      }
      let all = try await bench.remora("history", bench.copy, "--json")
      let reports = try all.lines.map(JSONLine.init)
      #expect(reports.count == 6)
      let newest = try #require(reports.first?.text("time"))
      let recent = try await bench.remora("history", bench.copy, "--since", newest)
      #expect(recent.lines.count == 2)
      let none = try await bench.remora("history", bench.copy, "--since", "2999-01-01T00:00:00Z")
      #expect(none.isSuccess)
      #expect(none.text == "")
      let other = try await bench.remora("history", bench.copy, "refs/heads/other")
      #expect(other.isSuccess)
      #expect(other.text == "")
    }
  }

  @Test("--json prints one object a change with every key, null where there is no value")
  func json() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      _ = try bench.forcePush()
      try await bench.mirror()
      let history = try await bench.remora("history", bench.copy, "--json")
      let reports = try history.lines.map(JSONLine.init)
      #expect(reports.allSatisfy { $0.keys == Self.keys })
      #expect(reports.allSatisfy { $0.text("source") == bench.source.path })
      let deleted = try #require(reports.first { $0.text("ref") == "refs/pull/1/head" })
      #expect(deleted.isNull("new") && deleted.text("old")?.count == 40)
      let created = try #require(reports.last { $0.text("ref") == "refs/heads/main" })
      #expect(created.isNull("old") && created.text("new")?.count == 40)
    }
  }

  @Test("a damaged line is counted and the rest is listed")
  func damagedLine() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let path = "\(bench.copy)/remora/refs.journal.jsonl"
      let journal = try String(contentsOfFile: path, encoding: .utf8)
      try bench.directory.write("{\"torn\":\n" + journal, to: "copy.git/remora/refs.journal.jsonl")
      let history = try await bench.remora("history", bench.copy)
      #expect(history.isSuccess)
      #expect(history.lines.count == 4)
      #expect(history.errorText.contains("1 line"))
    }
  }

  @Test("a directory that is no copy is an error")
  func notACopy() async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("history", bench.source.path)
      #expect(outcome.status == 1)
      #expect(outcome.errorText.contains("it is no copy of remora's"))
    }
  }
}
