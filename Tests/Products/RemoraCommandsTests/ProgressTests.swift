import TestSupport
import Testing

@testable import RemoraCommands

@Suite("The progress line")
struct ProgressTests {
  @Test("writes a new phase at once, and the same one again after a tenth of a second")
  func throttle() {
    var throttle = ProgressThrottle<String>()
    let start = ContinuousClock.now
    let steps: [(phase: String, milliseconds: Int, isShown: Bool)] = [
      ("listing", 0, true), ("listing", 99, false), ("requesting", 1, true), ("requesting", 100, false),
      ("requesting", 101, true),
    ]
    for step in steps {
      let isShown = throttle.allows(step.phase, at: start + .milliseconds(step.milliseconds))
      #expect(isShown == step.isShown, "\(step)")
    }
  }

  @Test("is shown on a terminal and wiped before the result")
  func terminal() async throws {
    try await withCommandFixture { bench in
      let command = "'\(try BuiltProgram.path("remora"))' mirror '\(bench.source.path)' '\(bench.copy)'"
      let script = try ChildProcess("script", ["-qefc", command, "/dev/null"], input: .heldOpen)
      let outcome: ProcessOutcome = try await script.outcome()
      #expect(outcome.isSuccess)
      #expect(outcome.text.contains("\r\u{1B}[KListing refs"), "\(outcome.text.debugDescription)")
      // However soon it follows: the line would say "Listing refs" for as long as the source packs.
      #expect(
        outcome.text.contains("\r\u{1B}[KWaiting for the source to prepare the pack"),
        "\(outcome.text.debugDescription)")
      #expect(outcome.text.contains("\r\u{1B}[Kcloned \(bench.copy): 3 created"), "\(outcome.text.debugDescription)")
    }
  }

  @Test("is not shown on a terminal with --quiet or --json", arguments: ["--quiet", "--json"])
  func hidden(option: String) async throws {
    try await withCommandFixture { bench in
      let command = "'\(try BuiltProgram.path("remora"))' mirror '\(bench.source.path)' '\(bench.copy)' \(option)"
      let script = try ChildProcess("script", ["-qefc", command, "/dev/null"], input: .heldOpen)
      let outcome: ProcessOutcome = try await script.outcome()
      #expect(outcome.isSuccess)
      #expect(!outcome.text.contains("\u{1B}"), "\(outcome.text.debugDescription)")
    }
  }

  @Test("is not there without a terminal")
  func pipe() async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("mirror", bench.source.path, bench.copy)
      #expect(outcome.errors.isEmpty)
      #expect(!outcome.text.contains("\r"))
    }
  }
}
