import TestSupport
import Testing

@Suite("The progress line")
struct ProgressTests {
  @Test("is shown on a terminal and wiped before the result")
  func terminal() async throws {
    try await withWorkbench { bench in
      let command = "'\(try BuiltProgram.path("remora"))' mirror '\(bench.source.path)' '\(bench.copy)'"
      let script = try ChildProcess("script", ["-qefc", command, "/dev/null"], input: .heldOpen)
      let outcome: ProcessOutcome = try await script.outcome()
      #expect(outcome.isSuccess)
      #expect(outcome.text.contains("\r\u{1B}[KListing refs"), "\(outcome.text.debugDescription)")
      #expect(outcome.text.contains("\r\u{1B}[Kcloned \(bench.copy): 3 created"), "\(outcome.text.debugDescription)")
    }
  }

  @Test("is not shown on a terminal with --quiet or --json", arguments: ["--quiet", "--json"])
  func hidden(option: String) async throws {
    try await withWorkbench { bench in
      let command = "'\(try BuiltProgram.path("remora"))' mirror '\(bench.source.path)' '\(bench.copy)' \(option)"
      let script = try ChildProcess("script", ["-qefc", command, "/dev/null"], input: .heldOpen)
      let outcome: ProcessOutcome = try await script.outcome()
      #expect(outcome.isSuccess)
      #expect(!outcome.text.contains("\u{1B}"), "\(outcome.text.debugDescription)")
    }
  }

  @Test("is not there without a terminal")
  func pipe() async throws {
    try await withWorkbench { bench in
      let outcome = try await bench.remora("mirror", bench.source.path, bench.copy)
      #expect(outcome.errors.isEmpty)
      #expect(!outcome.text.contains("\r"))
    }
  }
}
