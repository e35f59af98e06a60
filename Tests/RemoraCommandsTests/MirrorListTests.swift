import Foundation
import TestSupport
import Testing

@Suite("remora mirror --list")
struct MirrorListTests {
  @Test("mirrors every line, with or without a destination, and skips comments and empty lines", arguments: [1, 3])
  func all(jobs: Int) async throws {
    try await withWorkbench { bench in
      let list = try bench.directory.write(
        """
        # what we keep
        \(bench.source.path)

        \(bench.source.path)   group/other   # behind a comment
        file://\(bench.source.path)\tthird.git
        """, to: "list")
      let into = bench.directory.path("copies")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", into, "--jobs", "\(jobs)")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      #expect(outcome.lines.count == 3)
      for name in ["source.git", "group/other", "third.git"] {
        #expect(outcome.text.contains("cloned \(into)/\(name): "))
        #expect(try GitCommand().view("\(into)/\(name)") == bench.source.view())
      }
    }
  }

  @Test("a list may come from standard input")
  func standardInput() async throws {
    try await withWorkbench { bench in
      let outcome = try await RemoraBinary.run(
        ["mirror", "--list", "-", "--into", bench.directory.path("copies"), "--json"],
        input: .bytes(Array("\(bench.source.path) a\n\(bench.source.path) b".utf8)))
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      let reports = try outcome.lines.map(JSONLine.init)
      #expect(Set(reports.compactMap { $0.text("destination") }).count == 2)
      #expect(reports.allSatisfy { $0.keys == MirrorCommandTests.keys && $0.text("status") == "cloned" })
    }
  }

  @Test("some failed: 2, and the others are there; all failed: 1")
  func partialFailure() async throws {
    try await withWorkbench { bench in
      let into = bench.directory.path("copies")
      let bad = (1...2).map { "\(bench.directory.path("missing\($0)")) bad\($0)\n" }.joined()
      let some = try bench.directory.write(bad + "\(bench.source.path) good\n", to: "some")
      let partial = try await bench.remora("mirror", "--list", some, "--into", into, "--json")
      #expect(partial.status == 2)
      #expect(
        try partial.lines.map { try JSONLine($0).text("status") ?? "" }.sorted() == ["cloned", "failed", "failed"])
      #expect(try GitCommand().view("\(into)/good") == bench.source.view())
      #expect(try FileManager.default.contentsOfDirectory(atPath: into) == ["good"])
      let none = try bench.directory.write(bad, to: "none")
      let all = try await bench.remora("mirror", "--list", none, "--into", into)
      #expect(all.status == 1)
      #expect(all.errorText.split(separator: "\n").count == 2)
    }
  }

  static let badLines: [(line: String, reason: String)] = [
    ("SOURCE a b", "more than a source and a destination"),
    ("SOURCE ../outside", "'../outside' is no path below the directory"),
    ("SOURCE /absolute", "'/absolute' is no path below the directory"),
    ("SOURCE a/./b", "'a/./b' is no path below the directory"),
    ("SOURCE .remora-x", "'.remora-x' is no path below the directory"),
    ("SOURCE first", "'first' is also the destination of line 2"),
    ("SOURCE first/inner/most", "'first/inner/most' lies inside the destination of line 2"),
    ("ext::id x", "ext"),
  ]

  @Test("a bad line is named by its number, and nothing is done", arguments: badLines)
  func badLine(line: String, reason: String) async throws {
    try await withWorkbench { bench in
      let text = "# one\n\(bench.source.path) first\n\n" + line.replacing("SOURCE", with: bench.source.path) + "\n"
      let list = try bench.directory.write(text, to: "list")
      let into = bench.directory.path("copies")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", into)
      #expect(outcome.status == 64)
      #expect(outcome.errorText.contains("line 4"), "\(outcome.errorText)")
      #expect(outcome.errorText.contains(reason), "\(outcome.errorText)")
      #expect(!FileManager.default.fileExists(atPath: into))
    }
  }

  @Test("a destination round an earlier one is refused too")
  func nested() async throws {
    try await withWorkbench { bench in
      let list = try bench.directory.write("\(bench.source.path) a/b/c\n\(bench.source.path) a\n", to: "list")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", bench.directory.path("copies"))
      #expect(outcome.status == 64)
      #expect(outcome.errorText.contains("line 2: the destination of line 1 lies inside 'a'"), "\(outcome.errorText)")
    }
  }

  @Test("a reader of the output that leaves ends no run")
  func readerLeaves() async throws {
    try await withWorkbench { bench in
      let list = try bench.directory.write((1...4).map { "\(bench.source.path) \($0)\n" }.joined(), to: "list")
      let into = bench.directory.path("copies")
      let script = "\"$0\" mirror --list \"$1\" --into \"$2\" --jobs 1 --json | true; echo ${PIPESTATUS[0]}"
      let shell = try ChildProcess("bash", ["-c", script, try BuiltProgram.path("remora"), list, into])
      let outcome: ProcessOutcome = try await shell.outcome()
      #expect(outcome.text == "0", "\(outcome.errorText)")
      for number in 1...4 { #expect(try GitCommand().view("\(into)/\(number)") == bench.source.view()) }
    }
  }

  @Test("an empty list is good and does nothing")
  func empty() async throws {
    try await withWorkbench { bench in
      let list = try bench.directory.write("# nothing yet\n\n", to: "list")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", bench.directory.path("copies"))
      #expect(outcome.isSuccess)
      #expect(outcome.text == "")
    }
  }
}
